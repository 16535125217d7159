"""Noun phrases as a Dutch text writes them, found by article, endings and what follows.

Without a lexicon this finds only some of them: those whose end is certain.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.dutch.analysis import STOPWORDS
from assistant.dutch.folding import fold

_SHORTEST_HEAD, _LONGEST = 7, 80

_INFLECTED = r"[\w-]{2,}e(?<!ie)"
_NOUN = r"[\w-]+(?:(?<!e)|ie)"
_ADJECTIVE = r"[\w-]+(?:ale|ële|ieve|ische|lijke|ige|ende|are|ele)"
_ABSTRACT = r"(?<!e )\b[\w-]{8,}(?:heid|ing|schap|teit)"
_TAIL = rf"(?P<tail> van (?:de |het |een )?(?:{_INFLECTED} ){{0,2}}(?P<last>{_NOUN})\b)?"
_PHRASE = re.compile(
    rf"\b(?:(?P<article>de|het|een) (?:{_INFLECTED} ){{0,2}}(?P<head>{_NOUN})"
    rf"|{_ADJECTIVE} (?P<plural>[\w-]+(?:en|s))|(?P<abstract>{_ABSTRACT}))\b{_TAIL}"
)
_NO_NOUN = re.compile(r"(?:lijks?|ig|isch|baar|end|matig|eel|eerd|aal|lang)$|\d")
_PARTICIPLE = re.compile(r"\w{2,}e (?:(?:aan|af|in|op|toe|uit)?ge|ver|be|ont|her)\w+[dt]$")
"""What looks like adjective and noun, but may be a noun in -e and a verb: "software verbeterd"."""

_VAGUE = frozenset(
    (
        "aantal algemeen ander andere bepaalde bestaande betere bijzonder dergelijke diezelfde"
        " eigen enkele geval gevolg goede grote hele meerdere mogelijke nodige respectievelijke"
        " sommige verdere verschillende volgende deze die dit dat onze hun haar zijn"
    ).split()
)
"""Words with which a phrase says too little, or leans on what was said before it."""


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """``text`` as it reads inside another sentence; ``head`` is its noun.

    ``is_bare`` tells that nothing but an article stands with the noun.
    """

    text: str
    head: str
    is_bare: bool


def noun_phrases(text: str) -> list[NounPhrase]:
    """The noun phrases of a sentence that can be asked about, in order."""
    return [phrase for match in _PHRASE.finditer(text) for phrase in _phrase(text, match)]


def _phrase(text: str, match: re.Match[str]) -> Iterator[NounPhrase]:
    head = match["head"] or match["plural"] or match["abstract"]
    tail, end = match["tail"] or "", match.end()
    if tail and not _ends(text, end, match["last"]):
        end -= len(tail)
    phrase = text[match.start() : end]
    ends = _ends(text, end, phrase.split()[-1])
    if not ends or not _is_noun(head, match["article"]) or not _is_plain(phrase):
        return
    if match["abstract"] and phrase != head:  # "uitwerking van het plan" was written after "en"
        if not head.endswith("schap"):
            yield NounPhrase(f"de {phrase}", head, is_bare=False)
    else:
        yield NounPhrase(phrase, head, is_bare=phrase in (head, f"{match['article']} {head}"))


def _is_noun(head: str, article: str | None) -> bool:
    """A word in -en is a plural after "de", but after "het" or "een" it is a verb."""
    is_verb = article in ("het", "een") and head.endswith("en")
    return len(head) >= _SHORTEST_HEAD and not is_verb and not _NO_NOUN.search(head)


def _is_plain(phrase: str) -> bool:
    """Whether it is short, tells enough and opens no sentence."""
    opens = phrase[0].isupper() and not phrase[1].isupper()
    is_vague = not _VAGUE.isdisjoint(fold(phrase).split())
    return len(phrase) <= _LONGEST and not (opens or is_vague or _PARTICIPLE.search(phrase))


def _ends(text: str, end: int, last: str) -> bool:
    """Whether a phrase certainly ends at ``end``: a function word or a stop follows.

    A name may go on after "en": "Vereniging van Steden en Gemeenten".
    """
    following = re.match(r"\s*(?:$|[,.;:)?!])|\s+(?P<word>[\w-]+)", text[end:])
    if following is None or len(last) < 2 or _NO_NOUN.search(last):
        return False
    word = following["word"]
    return word is None or (fold(word) in STOPWORDS and not (word == "en" and last[0].isupper()))
