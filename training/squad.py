"""Readings from the data sets in SQuAD layout (``reader/`` of the shared data)."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.readings import Reading, Span, enclosing_sentences

LONGEST_CONTEXT = 6000
"""Characters kept around the answer of a very long text (COVID-QA)."""

FILES = {
    "squad2-en": ("squad2-en/dev-half-v2.0.json",),
    "squad-es": ("squad-es/dev-v2.0-es_small.json", "squad-es/dev-v1.1-es_small.json"),
    "squad-it": ("squad-it/SQuAD_it-test.json.gz",),
    "norquad": (
        "norquad/annotation_news_answers_1.json",
        "norquad/annotation_wikipedia_answers_1.json",
    ),
    "piaf-fr": ("piaf-fr/piaf-v1.0.json",),
    "policyqa-en": ("policyqa-en/dev.json", "policyqa-en/test.json"),
    "covidqa-en": ("covidqa-en/200423_covidQA.json",),
    **{
        f"xquad-{code}": (f"xquad/xquad.{code}.json",) for code in "de en es ro ru tr vi el".split()
    },
}
_SQUAD_FAMILY = ("squad", "xquad")


class _Families:
    """Union-find over question ids and titles: translations of one SQuAD article share a family."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def root(self, key: str) -> str:
        parent = self._parents.setdefault(key, key)
        if parent != key:
            parent = self._parents[key] = self.root(parent)
        return parent

    def join(self, keys: list[str]) -> None:
        for key in keys[1:]:
            self._parents[self.root(key)] = self.root(keys[0])


def load_squad(root: Path) -> list[Reading]:
    """All readings; ``group`` is ``<source>/<family>``, the same family for translations.

    Raises ``OSError`` when a file of ``FILES`` is missing.
    """
    raw = {source: _articles(root, files) for source, files in FILES.items()}
    families = _Families()
    for source, articles in raw.items():
        for number, article in enumerate(articles):
            families.join(_keys(source, number, article))
    seen: set[tuple[str, str]] = set()
    return [
        reading
        for source, articles in raw.items()
        for number, article in enumerate(articles)
        for reading in _read(source, families.root(_keys(source, number, article)[0]), article)
        if _is_new(reading, seen)
    ]


def held_out(reading: Reading, parts: int = 40) -> bool:
    """Whether a general reading belongs to the small monitor set; takes whole families."""
    family = reading.group.split("/", 1)[1]
    return int(hashlib.sha256(family.encode()).hexdigest(), 16) % parts == 0


def _articles(root: Path, files: tuple[str, ...]) -> list[dict[str, Any]]:
    articles: list[dict[str, Any]] = []
    for name in files:
        raw = (root / name).read_bytes()
        text = gzip.decompress(raw) if name.endswith(".gz") else raw
        articles += json.loads(text)["data"]
    return articles


def _keys(source: str, number: int, article: dict[str, Any]) -> list[str]:
    title = _title(article)
    if not source.startswith(_SQUAD_FAMILY):
        return [f"{source}:{title or number}"]
    ids = [str(qa["id"]) for paragraph in article["paragraphs"] for qa in paragraph["qas"]]
    return [f"title:{title.lower()}", *(f"id:{key}" for key in ids)]


def _title(article: dict[str, Any]) -> str:
    return " ".join(str(article.get("title") or "").replace("_", " ").split())


def _read(source: str, family: str, article: dict[str, Any]) -> Iterator[Reading]:
    title = "" if source.startswith(("piaf", "policyqa")) else _title(article)
    for paragraph in article["paragraphs"]:
        for qa in paragraph["qas"]:
            reading = _reading(source, f"{source}/{family}", title, paragraph["context"], qa)
            if reading is not None:
                yield reading


def _reading(
    source: str, group: str, title: str, context: str, qa: dict[str, Any]
) -> Reading | None:
    question = " ".join(qa["question"].split())
    if len(question) < 8 or len(context) < 60:
        return None
    if qa.get("is_impossible"):
        focus = _span(context, qa.get("plausible_answers") or [])
        return Reading(source, group, title, question, context, False, focus=focus)
    span = _span(context, qa["answers"])
    if span is None:
        return None
    context, span = _window(context, span)
    evidence = enclosing_sentences(context, (span,))
    is_short = span[1] - span[0] <= 120
    return Reading(
        source, group, title, question, context, True, evidence, span if is_short else None
    )


def _span(context: str, answers: list[dict[str, Any]]) -> Span | None:
    for answer in answers:
        start, text = int(answer["answer_start"]), answer["text"]
        shift = len(text) - len(text.lstrip())
        text = text.strip()
        if text and context[start + shift :].startswith(text):
            return start + shift, start + shift + len(text)
    return None


def _window(context: str, span: Span) -> tuple[str, Span]:
    if len(context) <= LONGEST_CONTEXT:
        return context, span
    start = max(0, span[0] - LONGEST_CONTEXT // 2)
    return context[start : start + LONGEST_CONTEXT], (span[0] - start, span[1] - start)


def _is_new(reading: Reading, seen: set[tuple[str, str]]) -> bool:
    """NorQuAD and the two Spanish files repeat questions."""
    key = (reading.source, reading.question + reading.context[:200])
    if key in seen:
        return False
    seen.add(key)
    return True
