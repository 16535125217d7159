"""The conversation that the browser carries: what a next question makes of it."""

import asyncio
from typing import Any

import pytest

from assistant import wording
from assistant.chat import build_chat, respond
from assistant.contract import LONGEST_TURN_ANSWER, MOST_TURNS
from assistant.service import Service
from assistant.settings import Settings

FIRST = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
FOLLOW_UP = "En wie was de eerste?"


@pytest.fixture(scope="module")
def service(settings: Settings) -> Service:
    return Service(settings)


def ask(service: Service, question: str, carried: Any) -> tuple[list[Any], list[str]]:
    """What the browser carries on, and the HTML of the messages."""
    emptied, after, messages = asyncio.run(respond(service, question, carried))
    assert emptied == ""
    return after, [message["content"].value for message in messages]


@pytest.fixture(scope="module")
def carried(service: Service) -> list[Any]:
    after, _ = ask(service, FIRST, [])
    return after


def with_answer(carried: list[Any], **changes: Any) -> list[Any]:
    (exchange,) = carried
    return [exchange | {"answer": exchange["answer"] | changes}]


def test_a_follow_up_is_understood_from_what_was_carried_alone(
    settings: Settings, carried: list[Any]
) -> None:
    another = Service(settings)
    after, shown = ask(another, FOLLOW_UP, carried)
    assert len(after) == 2
    assert "Duaal Leren" in after[1]["answer"]["standalone_question"]
    assert [FIRST in shown[0], FOLLOW_UP in shown[2], "Luc Sels" in shown[3]] == [True] * 3


def test_a_blank_question_changes_nothing(service: Service, carried: list[Any]) -> None:
    after, shown = ask(service, " \n", carried)
    assert after == carried
    assert len(shown) == 2


def test_a_question_that_cannot_be_asked_is_shown_and_not_a_turn(
    service: Service, carried: list[Any]
) -> None:
    after, shown = ask(service, "x" * 3000, carried)
    assert "2000" in shown[-1]
    assert after[-1]["answer"] is None
    _, shown = ask(service, FOLLOW_UP, after)
    assert len(shown) == 6
    assert "Luc Sels" in shown[-1]


def test_the_oldest_exchange_makes_room(service: Service, carried: list[Any]) -> None:
    after, shown = ask(service, FOLLOW_UP, carried * MOST_TURNS)
    assert len(after) == MOST_TURNS
    assert len(shown) == 2 * MOST_TURNS
    assert after[-1]["question"] == FOLLOW_UP


@pytest.mark.parametrize("forged", [None, "x", {"a": 1}, [None], [{}], [{"question": 5}]])
def test_what_is_no_conversation_starts_a_new_one(forged: Any, service: Service) -> None:
    after, shown = ask(service, FIRST, forged)
    assert len(after) == 1
    assert len(shown) == 2


def test_a_conversation_beyond_the_limits_starts_a_new_one(
    service: Service, carried: list[Any]
) -> None:
    too_long = with_answer(carried, answer="x" * (LONGEST_TURN_ANSWER + 1))
    for forged in (carried * (MOST_TURNS + 1), too_long, [carried[0] | {"rechten": "alle"}]):
        after, _ = ask(service, FIRST, forged)
        assert len(after) == 1


def test_what_was_forged_is_shown_as_text(service: Service, carried: list[Any]) -> None:
    forged = with_answer(carried, answer="<script>alert(1)</script>")
    forged[0]["question"] = forged[0]["note"] = "<img src=x onerror=alert(2)>"
    _, shown = ask(service, FOLLOW_UP, forged)
    assert "<script" not in "".join(shown)
    assert "<img" not in "".join(shown)


def test_half_a_character_is_answered(service: Service) -> None:
    _, shown = ask(service, "\ud800 wie is voorzitter?", [])
    assert "? wie is voorzitter?" in shown[0]
    assert wording.UNEXPECTED not in shown[1]


def test_nothing_of_a_conversation_is_kept_in_the_process(service: Service) -> None:
    """A queue, state or open stream for a page would tie it to one process and hold up its end."""
    config = build_chat(service).get_config_file()
    assert not config["connect_heartbeat"]
    assert not any(event["queue"] for event in config["dependencies"])
    assert "state" not in {component["type"] for component in config["components"]}
