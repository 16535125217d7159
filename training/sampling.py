"""Readings to training pairs: how often each source is seen and how it is made unanswerable."""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import log

from training.augment import crop, near_miss, with_noise
from training.readings import Pair, Reading, enclosing_sentences, overlaps

_WORD = re.compile(r"\w{4,}|\d+")
_ABOUT = ("{title}: {question}", "{question} ({title})", "Volgens {title}: {question}")
_HARDEST = 4
_SIBLINGS = ("agreements", "invented")
"""Sources whose documents resemble each other and whose questions say which one is meant."""


@dataclass(frozen=True, slots=True)
class Source:
    """How one source takes part in an epoch.

    ``pairs`` are drawn from it; ``negative`` is the share of answerable readings that is made
    unanswerable; ``shared`` takes lookalikes from the shared pool of Dutch texts.
    """

    pairs: int
    negative: float = 0.45
    shared: bool = False


class Lookalikes:
    """Texts that share rare words with a question, and so are likely to be retrieved for it."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = list(dict.fromkeys(texts))
        self._holders: dict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(self.texts):
            for term in _terms(text):
                self._holders[term].append(number)

    def find(self, question: str, count: int) -> list[str]:
        """The ``count`` texts nearest to ``question``, best first."""
        scores: dict[int, float] = defaultdict(float)
        for term in sorted(_terms(question)):
            holders = self._holders.get(term, ())
            for number in holders:
                scores[number] += log(1 + len(self.texts) / len(holders))
        best = sorted(scores, key=lambda number: -scores[number])[:count]
        return [self.texts[number] for number in best]


def _terms(text: str) -> set[str]:
    """Words cut to six letters, which folds most endings."""
    return {word[:6].lower() for word in _WORD.findall(text)}


@dataclass
class Sampler:
    """Draws the pairs of one epoch from readings, by source."""

    readings: dict[str, list[Reading]]
    sources: dict[str, Source]
    shared_texts: Sequence[str] = ()
    _families: dict[str, Lookalikes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        texts: dict[str, list[str]] = defaultdict(list)
        for source, readings in self.readings.items():
            for reading in readings:
                texts[reading.group].append(reading.context)
                texts[source].append(reading.context)
        texts["shared"] = list(self.shared_texts)
        self._families = {key: Lookalikes(found) for key, found in texts.items()}
        self._titles = sorted({r.title for rs in self.readings.values() for r in rs if r.title})
        self._title_of = {r.context: r.title for rs in self.readings.values() for r in rs}

    def epoch(self, seed: int) -> list[Pair]:
        """The pairs of one pass; every seed draws, crops and spoils anew."""
        rng = random.Random(seed)
        pairs = []
        for name, source in self.sources.items():
            for reading in _draw(self.readings.get(name, []), source.pairs, rng):
                pair = self.pair(reading, source, rng)
                if pair is not None:
                    pairs.append(pair)
        return pairs

    def pair(self, reading: Reading, source: Source, rng: random.Random) -> Pair | None:
        """One training pair from a reading."""
        if reading.answerable and rng.random() < source.negative:
            reading = self._spoil(reading, source, rng) or reading
        elif reading.source == "invented" and not reading.answerable and rng.random() < 0.4:
            reading = self._lookalike(reading, source, rng) or reading
        if not reading.answerable and not reading.focus and rng.random() < 0.8:
            place = _best_place(reading.context, reading.question)
            reading = replace(reading, focus=place)
        reading, heading = self._headed(reading, rng)
        pair = crop(reading, rng, heading)
        return with_noise(pair, rng) if pair is not None else None

    def _spoil(self, reading: Reading, source: Source, rng: random.Random) -> Reading | None:
        """The reading made unanswerable, in the first of the ways that works."""
        ways = [self._near_miss, self._excised, self._lookalike, self._lookalike]
        rng.shuffle(ways)
        for way in ways:
            spoiled = way(reading, source, rng)
            if spoiled is not None:
                return spoiled
        return None

    def _near_miss(self, reading: Reading, _source: Source, rng: random.Random) -> Reading | None:
        family = self._families[reading.group].texts
        other = rng.choice(family) if rng.random() < 0.6 else reading.context
        question = near_miss(reading.question, other, rng)
        if question is None:
            return None
        focus = reading.answer or (reading.evidence or (None,))[0] or reading.focus
        return replace(reading.unanswered(reading.context).asking(question), focus=focus)

    def _excised(self, reading: Reading, _source: Source, _rng: random.Random) -> Reading | None:
        """The context without the sentences that answer; what stood around them is kept."""
        wanted = reading.evidence or ((reading.focus,) if reading.focus else ())
        text = reading.context
        gone = enclosing_sentences(text, wanted)
        if not gone:
            return None
        rest, last = "", 0
        for start, end in gone:
            rest, last = rest + text[last:start], end
        focus = min(len(rest), gone[0][0])
        rest += text[last:]
        answer = text[slice(*reading.answer)] if reading.answer else None
        if len(rest) < 100 or (answer and answer in rest):
            return None
        return replace(reading.unanswered(rest), focus=(max(0, focus - 2), focus + 2))

    def _lookalike(self, reading: Reading, source: Source, rng: random.Random) -> Reading | None:
        keys = [reading.group, reading.source, "shared" if source.shared else reading.group]
        texts = self._families[rng.choice(keys)]
        if rng.random() < 0.15:
            found = [rng.choice(texts.texts)]
        else:
            found = texts.find(reading.question, _HARDEST + 1)
        found = [text for text in found if not _may_answer(reading, text)]
        if not found:
            return None
        text = rng.choice(found)
        title = self._title_of.get(text) or (rng.choice(self._titles) if self._titles else "")
        best = _best_place(text, reading.question)
        return replace(reading.unanswered(text, title), focus=best)

    def _headed(self, reading: Reading, rng: random.Random) -> tuple[Reading, str]:
        """Put the title in front, usually; sometimes name it in the question, or another one."""
        title = reading.title
        is_named = reading.source in _SIBLINGS  # its questions name parties of the title
        if not title or (not is_named and rng.random() < 0.2):
            return reading, ""
        if rng.random() < 0.18:
            form = rng.choice(_ABOUT)
            asked = form.format(title=title, question=reading.question)
            reading = reading.asking(asked)
            if reading.answerable and rng.random() < 0.45:
                title = rng.choice(self._titles)
                same = title == reading.title
                reading = reading if same else reading.unanswered(reading.context)
        if reading.source == "invented":
            return reading, title
        tail = rng.choice(("", "", ". Antwoord {n}", ". Antwoord", ". Artikel {n}", ". {n}"))
        return reading, title + tail.format(n=rng.randint(1, 12))


def _draw(readings: list[Reading], count: int, rng: random.Random) -> list[Reading]:
    """``count`` readings, each as often as the others give or take one."""
    if not readings:
        return []
    whole, rest = divmod(count, len(readings))
    return readings * whole + rng.sample(readings, rest)


def _may_answer(reading: Reading, text: str) -> bool:
    """Whether another text is the same one, or holds the answer's words."""
    middle = reading.context[100:160] or reading.context[:60]
    if text == reading.context or middle in text:
        return True
    if reading.answer is not None:
        return reading.context[slice(*reading.answer)].lower() in text.lower()
    spans = reading.evidence or ((reading.focus,) if reading.focus else ())
    return any(reading.context[start : min(end, start + 60)] in text for start, end in spans)


def _best_place(text: str, question: str) -> tuple[int, int]:
    """The stretch of ``text`` that shares most words with the question."""
    asked = _terms(question)
    places = [m.start() for m in _WORD.finditer(text) if m.group()[:6].lower() in asked]
    if not places:
        return 0, min(1, len(text))
    best = max(places, key=lambda p: sum(overlaps((p, p + 300), (q, q + 1)) for q in places))
    return best, best + 1
