"""Answers every case through the assistant that serves users and writes down what happened."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.answering import Assistant
from assistant.documents import Answer, Filters, FrozenModel, Turn
from assistant.evaluation.cases import Case

RETRIEVED = 10


class Retrieved(FrozenModel):
    """A passage that retrieval found, by its place."""

    document: str
    start: int
    end: int
    text: str


class Outcome(FrozenModel):
    """A case with the answer that was given and the passages it was chosen from."""

    case: Case
    answer: Answer
    retrieved: tuple[Retrieved, ...]


def run_cases(
    assistant: Assistant, cases: Sequence[Case], on_done: Callable[[], None]
) -> list[Outcome]:
    """Answer the cases one by one, so that their timings mean something."""
    outcomes = []
    for case in cases:
        outcomes.append(_run(assistant, case))
        on_done()
    return outcomes


def _run(assistant: Assistant, case: Case) -> Outcome:
    history = [Turn(turn.question, turn.answer) for turn in case.history]
    answer = assistant.answer(case.question, history)
    found = assistant.search(answer.standalone_question, Filters(), RETRIEVED)
    retrieved = tuple(
        Retrieved(
            document=item.passage.document,
            start=item.passage.start,
            end=item.passage.end,
            text=item.passage.text,
        )
        for item in found
    )
    return Outcome(case=case, answer=answer, retrieved=retrieved)


def write_outcomes(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write JSON Lines, one outcome a line."""
    lines = (json.dumps(o.model_dump(mode="json"), ensure_ascii=False) for o in outcomes)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
