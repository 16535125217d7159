"""Feedback to evaluation cases that a person must review before they count."""

import re
from collections.abc import Iterator

from assistant.contract import FiltersIn
from assistant.documents import Answer, Status
from assistant.dutch.questions import Expected, expected_answer
from assistant.evaluation.cases import Draft, Nugget, PastTurn, Source
from assistant.feedback import FeedbackItem, Verdict

ID_DIGITS = 8
"""How much of the id of a feedback its case carries."""

_TYPES = {
    Expected.DATE: "date",
    Expected.NUMBER: "number",
    Expected.NAME: "person",
    Expected.PLACE: "where",
    Expected.REASON: "why",
    Expected.LIST: "list",
    Expected.YES_NO: "yes_no",
    Expected.DEFINITION: "definition",
    Expected.OTHER: "what",
}
"""Of an answerable case, by what its question seems to ask."""

_WORD = re.compile(r"\w")


def to_draft(item: FeedbackItem) -> Draft:
    """The case that a feedback suggests, with what its reviewer must check and fill in.

    A good answer gives its facts and sources. A bad one gives none: its reviewer looks them up.
    """
    answer = item.answer
    is_good, is_refusal = item.verdict is Verdict.UP, answer.status is Status.ABSTAINED
    is_answerable = not (is_good and is_refusal)
    has_history = bool(item.history) and (not is_good or is_follow_up(answer))
    return Draft(
        id=f"feedback-{item.id[:ID_DIGITS]}",
        question=answer.question,
        type=_type(answer, is_answerable),
        answerable=is_answerable,
        facts=_facts(answer) if is_good else (),
        sources=_sources(answer) if is_good else (),
        history=_history(item) if has_history else (),
        style=("follow_up",) if has_history else (),
        review=" ".join(_to_check(item)),
    )


def is_follow_up(answer: Answer) -> bool:
    """Whether a question was understood only with what was said before it."""
    return answer.standalone_question != answer.question


def _type(answer: Answer, is_answerable: bool) -> str:
    if is_answerable:
        return _TYPES[expected_answer(answer.standalone_question)]
    return "missing_fact" if answer.related else "off_topic"


def _facts(answer: Answer) -> tuple[Nugget, ...]:
    """The short answer, or where there is none what was quoted."""
    given = [answer.short_answer] if _WORD.search(answer.short_answer) else _quotes(answer)
    return tuple((text,) for text in given)


def _quotes(answer: Answer) -> list[str]:
    return [c.quote for c in answer.citations if _WORD.search(c.quote)]


def _sources(answer: Answer) -> tuple[Source, ...]:
    return tuple(Source(document=c.document, quote=c.quote) for c in answer.citations if c.quote)


def _history(item: FeedbackItem) -> tuple[PastTurn, ...]:
    return tuple(PastTurn(question=turn.question, answer=turn.answer) for turn in item.history)


def _to_check(item: FeedbackItem) -> Iterator[str]:
    answer, reason = item.answer, f" ({item.reason})" if item.reason else ""
    yield f"A user found this {answer.status} answer {_FOUND[item.verdict]}{reason}."
    if item.text:
        yield f"The user wrote: {item.text!r}."
    yield f"The answer was: {answer.answer!r}."
    if is_follow_up(answer):
        yield f"It was understood as: {answer.standalone_question!r}."
    elif item.history:
        yield "It was understood without the history."
    if item.filters != FiltersIn():
        restricted = item.filters.model_dump_json(exclude_defaults=True)
        yield f"It was asked within {restricted}: see that it holds over all documents."
    yield _ASKS[item.verdict, answer.status is Status.ABSTAINED]
    yield "Check the type and that nobody is named; then take 'review' out."


_FOUND = {Verdict.UP: "good", Verdict.DOWN: "bad"}
_ASKS = {
    (Verdict.UP, False): "Check the facts, add other spellings, check the sources.",
    (Verdict.UP, True): "Check that no document tells it.",
    (Verdict.DOWN, False): "Fill in the right facts and sources; if there are none, set "
    "'answerable' to false and choose that sort of type.",
    (Verdict.DOWN, True): "Look for the answer; fill in facts and sources if there is one, else "
    "set 'answerable' to false and choose that sort of type.",
}
"""What the reviewer must do, by the verdict and whether the answer was an abstention."""
