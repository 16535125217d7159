"""Turns Dutch text into search terms: folded, stemmed, compounds split, abbreviations expanded."""

import json
import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import snowballstemmer
from bm25s.stopwords import STOPWORDS_DUTCH

from assistant.dutch.abbreviations import find_abbreviations
from assistant.dutch.folding import fold

_QUESTION_WORDS = (
    "wie wat waar wanneer waarom waarvoor waarmee hoe hoeveel hoelang welke welk wiens vindt vond "
    "plaats staat geef noem alstublieft graag zijn werd werden wordt worden is was waren heeft "
    "hebben had kan kunnen mag moet moeten zal zullen er en of om te the of and is are what who "
    "when where why how which was were does did le la les des est sont qui que quand combien quel "
    "quelle"
)
STOPWORDS = frozenset(STOPWORDS_DUTCH) | frozenset(_QUESTION_WORDS.split())
"""Folded words that carry no topic: function words, question words, copulas."""

_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[a-z0-9]+")
_WRITTEN = re.compile(r"[\w!’'–-]+")
_MIXED = re.compile(r"[a-z]+|\d+")
_LINKS = ("s", "en", "er", "e", "n", "")
_SHORTEST_COMPOUND, _LONGEST_COMPOUND = 9, 60
_SHORTEST_PART, _SHORTEST_KNOWN_HEAD = 4, 6
# Endings that derive a word rather than compound it: "partnerschap" is not "partner" + "schap".
_DERIVATIONS = ("schap", "chap", "heid", "ing", "baar", "loos", "lijk", "achtig", "matig")


def words(text: str) -> list[str]:
    """Folded words and numbers of ``text`` in order; "i.s.m." is one word, "a-b" is two."""
    joined = _DOTTED.sub(lambda match: match[0].replace(".", ""), fold(text))
    return _WORD.findall(joined)


def topics(text: str) -> list[str]:
    """The words of ``text`` that carry its topic, as written, each once."""
    written = dict.fromkeys(_WRITTEN.findall(text))
    return [word for word in written if any(part not in STOPWORDS for part in words(word))]


_stemmer = snowballstemmer.stemmer("dutch")
_stemmer_lock = threading.Lock()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Snowball's Dutch stem of a folded word. The stemmer keeps state, hence the lock."""
    with _stemmer_lock:
        return str(_stemmer.stemWord(word))


@dataclass(frozen=True, slots=True)
class Query:
    """Search terms of a question, repeats included.

    ``alternatives`` pairs some of the terms with terms that mean the same: the short and the long
    form of an abbreviation. A passage needs one of the two, not both.
    """

    terms: tuple[str, ...]
    alternatives: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()


class Analyzer:
    """Text to search terms, with what it learnt from one corpus.

    ``vocabulary`` (folded words of the corpus) decides where a compound may be split;
    ``abbreviations`` (short form to long form) expand a query in both directions.
    """

    def __init__(self, vocabulary: Iterable[str], abbreviations: Mapping[str, str]) -> None:
        self.vocabulary = frozenset(vocabulary)
        self.abbreviations = dict(abbreviations)
        self._word_terms = lru_cache(65536)(self._analyse)

    @classmethod
    def learn(cls, texts: Iterable[str]) -> Self:
        """Read a corpus: its words, and the abbreviations it defines."""
        vocabulary: set[str] = set()
        abbreviations: dict[str, str] = {}
        for text in texts:
            vocabulary.update(words(text))
            for short, long in find_abbreviations(text).items():
                abbreviations.setdefault(short, long)
        kept = (word for word in vocabulary if len(word) >= _SHORTEST_PART and word.isalpha())
        return cls((word for word in kept if word not in STOPWORDS), abbreviations)

    def save(self, path: Path) -> None:
        """Write what was learnt as JSON."""
        state = {"vocabulary": sorted(self.vocabulary), "abbreviations": self.abbreviations}
        path.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what ``save`` wrote."""
        state = json.loads(path.read_text(encoding="utf-8"))
        return cls(state["vocabulary"], state["abbreviations"])

    def terms(self, text: str) -> list[str]:
        """Search terms of a text, repeats included: stems, and the stems of compound parts."""
        return [term for word in words(text) for term in self._word_terms(word)]

    def query(self, text: str) -> Query:
        """What to search for a question: its terms, and other ways of writing some of them."""
        terms = tuple(self.terms(text))
        present = frozenset(terms)
        alternatives = [
            (form, other)
            for pair in self._expansions
            for form, other in (pair, pair[::-1])
            if form <= present and not other <= present
        ]
        return Query(terms, tuple(alternatives))

    @cached_property
    def _expansions(self) -> list[tuple[frozenset[str], frozenset[str]]]:
        pairs = (
            (frozenset(self.terms(short)), frozenset(self.terms(long)))
            for short, long in self.abbreviations.items()
        )
        return [(short, long) for short, long in pairs if short and long]

    def _analyse(self, word: str) -> list[str]:
        if word in STOPWORDS:
            return []
        if word.isalpha():
            parts = self.split_compound(word)
        else:
            parts = tuple(_MIXED.findall(word)) if word.isalnum() and not word.isdigit() else ()
        kept = [part for part in parts if part not in STOPWORDS]
        return [stem(part) for part in (word, *kept)]

    def split_compound(self, word: str) -> tuple[str, ...]:
        """Parts of a Dutch compound, empty when it is none that this corpus can explain.

        Both parts are corpus words, or the first is one of at least six letters; a linking
        "s", "e", "n", "en" or "er" between them is dropped.
        """
        if not _SHORTEST_COMPOUND <= len(word) <= _LONGEST_COMPOUND:
            return ()
        cuts = range(len(word) - _SHORTEST_PART, _SHORTEST_PART - 1, -1)
        splits = [(head, word[cut:]) for cut in cuts if (head := self._known_head(word[:cut]))]
        certain = [(head, tail) for head, tail in splits if self._is_known(tail)]
        likely = [
            (head, tail)
            for head, tail in splits
            if len(head) >= _SHORTEST_KNOWN_HEAD and not tail.startswith(_DERIVATIONS)
        ]
        if not certain and not likely:
            return ()
        head, tail = (certain or likely)[0]
        return (head, *(self.split_compound(tail) or (tail,)))

    def _is_known(self, word: str) -> bool:
        return word in self.vocabulary or stem(word) in self._stems

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, self.vocabulary))

    def _known_head(self, text: str) -> str:
        heads = [text.removesuffix(link) for link in _LINKS if text.endswith(link)]
        heads = [head for head in heads if len(head) >= _SHORTEST_PART]
        exact = [head for head in heads if head in self.vocabulary]
        inflected = [head for head in heads if self._is_known(head)]
        return (exact or inflected or [""])[0]
