"""Readings over invented Flemish partnership texts, from the templates of ``agreements.toml``.

They teach what no public data set has: sibling documents that differ in parties, dates and names
only, lists of tasks, reasons, and questions about something that the right document leaves out.
"""

import random
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.readings import Reading, Span, enclosing_sentences

_SLOT = re.compile(r"\{([\w.]+)(?::(\w+))?\}")
_MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december"
).split()
_COUNT_WORDS = ("twee", "drie", "vier", "vijf", "zes", "negen", "twaalf")


@dataclass(frozen=True, slots=True)
class _Clause:
    """A filled clause: its place in the document, its slots' values and their places."""

    template: dict[str, Any]
    span: Span
    values: dict[str, str]
    places: dict[str, Span]


class Agreements:
    """Makes documents, and the readings over them."""

    def __init__(self, seed: int) -> None:
        path = Path(__file__).with_name("agreements.toml")
        self._words = tomllib.loads(path.read_text(encoding="utf-8"))
        self._rng = random.Random(seed)
        self._makers: dict[str, Callable[[], str]] = {
            "date": self._date,
            "daymonth": lambda: f"{self._rng.randint(1, 28)} {self._rng.choice(_MONTHS)}",
            "month": lambda: f"{self._rng.choice(_MONTHS)} {self._year()}",
            "year": self._year,
            "span": lambda: f"{self._number()} jaar",
            "months": lambda: f"{self._number()} maanden",
            "amount": lambda: (
                f"{self._rng.randint(5, 900)}.{self._rng.choice(('000', '500'))} euro"
            ),
            "percent": lambda: f"{self._rng.randint(5, 60)} {self._rng.choice(('%', 'procent'))}",
            "count": lambda: str(self._rng.randint(3, 2500)),
            "name": lambda: str(self._rng.choice(self._words["names"])),
            "place": lambda: str(self._rng.choice(self._words["places"])),
            "cadence": lambda: str(self._rng.choice(self._words["cadences"])),
        }

    def readings(self, families: int) -> list[Reading]:
        """Readings of ``families`` pairs of sibling documents."""
        return [reading for number in range(families) for reading in self._family(number)]

    def _family(self, number: int) -> Iterator[Reading]:
        """Documents of one organisation with several others: the lookalikes of each other."""
        first, *others = self._rng.sample(self._words["orgs"], 4)
        kinds = self._rng.sample(self._words["clause"], self._rng.randint(7, 14))
        for other in others[:2]:
            own = [k for k in kinds if self._rng.random() < 0.85]
            yield from self._document(f"agreements/{number}", first, other, others[2], own)

    def _document(
        self, group: str, first: str, other: str, absent: str, kinds: list[dict[str, Any]]
    ) -> Iterator[Reading]:
        parties = {"A": first, "B": other}
        title = self._fill(self._rng.choice(self._words["heads"]), parties)[0]
        text, clauses = self._write(kinds, parties)
        for clause in clauses:
            for entry in clause.template["ask"]:
                question = self._question(entry["q"], {**parties, **clause.values})
                yield self._answered(group, title, question, text, clause, entry)
                wrong = self._question(entry["q"], {**parties, **clause.values, "B": absent}, True)
                if other in question and absent in wrong:
                    yield self._missed(group, title, wrong, text, clause)
            yield from self._misses(group, title, text, clause, parties, kinds)

    def _misses(
        self,
        group: str,
        title: str,
        text: str,
        clause: _Clause,
        parties: dict[str, str],
        kinds: list[dict[str, Any]],
    ) -> Iterator[Reading]:
        present = {kind["kind"] for kind in kinds}
        for entry in clause.template["miss"]:
            if entry.get("unless") not in present and self._rng.random() < 0.7:
                question = self._question(entry["q"], {**parties, **clause.values})
                yield self._missed(group, title, question, text, clause)

    def _write(
        self, kinds: list[dict[str, Any]], parties: dict[str, str]
    ) -> tuple[str, list[_Clause]]:
        text, clauses = "", []
        numbered = self._rng.random() < 0.5
        for number, kind in enumerate(kinds, 1):
            heading = kind["heading"].format(n=number, **parties)
            text += f"{f'Artikel {number}. ' if numbered else ''}{heading}\n"
            start = len(text)
            body, values, places = self._fill(self._rng.choice(kind["texts"]), parties)
            body = body[0].upper() + body[1:]
            moved = {name: (a + start, b + start) for name, (a, b) in places.items()}
            clauses.append(_Clause(kind, (start, start + len(body)), values, moved))
            text += body + "\n"
        return text, clauses

    def _fill(
        self, template: str, given: dict[str, str]
    ) -> tuple[str, dict[str, str], dict[str, Span]]:
        """The template with its slots made up; their values and where they stand."""
        text, last = "", 0
        values, places = dict(given), {}
        seen: dict[str, int] = {}
        for match in _SLOT.finditer(template):
            kind, name = match.group(1), match.group(2) or match.group(1)
            value = given[kind] if kind in given else self._value(kind)
            text += template[last : match.start()]
            seen[name] = seen.get(name, 0) + 1
            places[name if match.group(2) else f"{name}{seen[name]}"] = (
                len(text),
                len(text) + len(value),
            )
            values[name] = value
            text += value
            last = match.end()
        return text + template[last:], values, places

    def _value(self, kind: str) -> str:
        style, _, source = kind.partition(".")
        if not source:
            return self._makers[kind]()
        options: list[str] = self._words["lists"][source]
        if style == "pick":
            return self._rng.choice(options)
        chosen = self._rng.sample(options, self._rng.randint(2, 4))
        if style == "inline":
            return ", ".join(chosen[:-1]) + " en " + chosen[-1]
        return "".join(f"\n- {item};" for item in chosen[:-1]) + f"\n- {chosen[-1]}."

    def _question(self, forms: list[str], values: dict[str, str], named: bool = False) -> str:
        """One of the wordings; ``named`` makes sure that it names the second party."""
        mentions = self._words["mentions"]
        mention = self._rng.choice([m for m in mentions if "{B}" in m] if named else mentions)
        form = self._rng.choice(forms)
        text = form.replace("{D}", mention)
        text = _SLOT.sub(lambda m: values.get(m[2] or m[1]) or self._value(m[1]), text)
        return text[0].upper() + text[1:]

    def _answered(
        self,
        group: str,
        title: str,
        question: str,
        text: str,
        clause: _Clause,
        entry: dict[str, Any],
    ) -> Reading:
        answer = clause.places.get(entry.get("a", ""))
        around = answer or clause.places.get(entry.get("e", "")) or clause.span
        if "f" in entry:
            start = text.index(entry["f"], *clause.span)
            around = (start, start + 1)
        evidence = enclosing_sentences(text, (around,))
        intro = tuple(s for s in enclosing_sentences(text, (clause.span,)) if s[1] <= around[0])
        if text[slice(*around)].startswith("\n") and intro:
            evidence = (intro[-1], *evidence)
        return Reading("agreements", group, title, question, text, True, evidence, answer)

    def _missed(self, group: str, title: str, question: str, text: str, clause: _Clause) -> Reading:
        return Reading("agreements", group, title, question, text, False, focus=clause.span)

    def _year(self) -> str:
        return str(self._rng.randint(2008, 2025))

    def _number(self) -> str:
        small = str(self._rng.randint(2, 12))
        return small if self._rng.random() < 0.5 else self._rng.choice(_COUNT_WORDS)

    def _date(self) -> str:
        day, month = self._rng.randint(1, 28), self._rng.randrange(12)
        if self._rng.random() < 0.2:
            return f"{day:02d}/{month + 1:02d}/{self._year()}"
        return f"{day} {_MONTHS[month]} {self._year()}"
