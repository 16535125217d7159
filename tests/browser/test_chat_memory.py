"""Conversations that the browser keeps, and nobody else."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from assistant import wording
from assistant.contract import MOST_TURNS
from browser.chat_page import (
    CONVERSATION,
    WAIT,
    ask,
    box,
    ended,
    exchanges,
    only_stored,
    progress,
    reload,
    store,
    stored,
    type_and_send,
    wait_until_shown,
)
from browser.chat_server import ChatServer

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
SECTORAL = "Hoeveel sectorale partnerschappen zijn er?"
CHAIR = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
NO_ROOM = "Uw browser kan dit gesprek niet bewaren"
FILL = """() => {
  let size = 1 << 22;
  while (size >= 1) {
    try {
      localStorage.setItem(`vol.${size}.${Math.random()}`, "x".repeat(size));
    } catch {
      size >>= 1;
    }
  }
}"""
"""Fills localStorage to its last character."""
EMPTY = """() => Object.keys(localStorage)
  .filter((key) => key.startsWith("vol."))
  .forEach((key) => localStorage.removeItem(key))"""
DENY = """for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, {
    get() { throw new DOMException("denied", "SecurityError"); },
  });
}"""
"""As in a browser whose user blocks what sites keep."""


def names(page: Page) -> Locator:
    """The list of conversations."""
    return page.locator("#gesprekkenlijst .naam")


def start_new(page: Page) -> None:
    page.get_by_role("button", name="Nieuw gesprek").click()


def dialog(page: Page, title: str) -> Locator:
    return page.locator("dialog[open]").filter(has_text=title)


def test_a_conversation_survives_a_reload(page: Page) -> None:
    ask(page, CHAIR)
    ask(page, "En wie was de eerste?")
    shown = page.locator("#beurten .antwoord").all_inner_texts()
    reload(page)
    expect(exchanges(page)).to_have_count(2)
    assert page.locator("#beurten .antwoord").all_inner_texts() == shown
    expect(exchanges(page).first.locator(".vraag")).to_contain_text(CHAIR)
    exchanges(page).first.locator("ol .bronlink").click()
    mark = page.frame_locator("#bron-blad").locator("mark#citaat")
    expect(mark).to_contain_text("Luc Sels")
    again = ask(page, "En wie was de eerste?")
    expect(again.locator(".begrepen")).to_contain_text("Duaal Leren")


def test_conversations_are_listed_opened_and_renamed(page: Page) -> None:
    ask(page, STEERING)
    start_new(page)
    expect(exchanges(page)).to_have_count(0)
    expect(box(page)).to_be_focused()
    ask(page, SECTORAL)
    expect(names(page)).to_have_text([SECTORAL, STEERING])
    expect(names(page).first).to_have_attribute("aria-current", "true")
    names(page).last.click()
    expect(page.locator(".kort")).to_have_text("17 januari 2013")
    expect(names(page).last).to_have_attribute("aria-current", "true")
    ask(page, CHAIR)
    expect(names(page)).to_have_text([STEERING, SECTORAL])
    page.get_by_role("button", name=f"Hernoem gesprek ‘{SECTORAL}’").click()
    expect(page.locator("#naam")).to_have_value(SECTORAL)
    page.locator("#naam").fill("  Dossier <b>7</b> ")
    page.keyboard.press("Enter")
    expect(names(page)).to_have_text(["Dossier <b>7</b>", STEERING])
    page.get_by_role("button", name=f"Hernoem gesprek ‘{STEERING}’").click()
    page.locator("#naam").fill("Toch niet")
    page.get_by_role("button", name="Annuleer").click()
    reload(page)
    expect(names(page)).to_have_text(["Dossier <b>7</b>", STEERING])
    expect(exchanges(page)).to_have_count(2)


def test_a_conversation_is_deleted_only_when_that_is_confirmed(page: Page) -> None:
    ask(page, STEERING)
    start_new(page)
    ask(page, SECTORAL)
    delete = page.get_by_role("button", name=f"Verwijder gesprek ‘{SECTORAL}’")
    delete.click()
    expect(dialog(page, f"Wilt u het gesprek ‘{SECTORAL}’ verwijderen?")).to_be_visible()
    expect(page.get_by_role("button", name="Annuleer")).to_be_focused()
    page.keyboard.press("Enter")
    delete.click()
    page.keyboard.press("Escape")
    expect(names(page)).to_have_count(2)
    expect(exchanges(page)).to_have_count(1)
    delete.click()
    page.get_by_role("button", name="Verwijder", exact=True).click()
    expect(names(page)).to_have_text([STEERING])
    expect(exchanges(page)).to_have_count(0)
    expect(progress(page)).to_have_text("Het gesprek is verwijderd.")
    reload(page)
    expect(names(page)).to_have_text([STEERING])
    assert [c["exchanges"][0]["question"] for c in stored(page).values()] == [STEERING]


def test_tabs_share_the_list_and_do_not_overwrite_each_other(page: Page) -> None:
    ask(page, STEERING)
    other = page.context.new_page()
    other.goto(page.url)
    wait_until_shown(other)
    expect(names(other)).to_have_text([STEERING])
    expect(exchanges(other)).to_have_count(0)
    names(other).click()
    expect(exchanges(other)).to_have_count(1)
    ask(other, CHAIR)
    ask(page, SECTORAL)
    questions = [exchange["question"] for exchange in only_stored(page)["exchanges"]]
    assert questions == [STEERING, CHAIR, SECTORAL]
    expect(page.locator("#beurten .vraag")).to_have_count(3)
    expect(exchanges(page).nth(1).locator(".vraag")).to_contain_text(CHAIR)
    start_new(other)
    ask(other, CHAIR)
    expect(names(page)).to_have_text([CHAIR, STEERING])


def test_an_answer_lands_in_the_conversation_of_its_question(page: Page, chat: ChatServer) -> None:
    with chat.halted():
        type_and_send(page, STEERING)
        start_new(page)
        expect(exchanges(page)).to_have_count(0)
    expect(names(page)).to_have_text([STEERING], timeout=WAIT)
    expect(exchanges(page)).to_have_count(0)
    expect(progress(page)).to_be_empty()
    ask(page, SECTORAL)
    assert sorted(len(kept["exchanges"]) for kept in stored(page).values()) == [1, 1]
    names(page).last.click()
    expect(page.locator(".kort")).to_have_text("17 januari 2013")


def test_a_conversation_deleted_while_it_is_answered_stays_deleted(
    page: Page, chat: ChatServer
) -> None:
    ask(page, STEERING)
    with chat.halted():
        type_and_send(page, CHAIR)
        page.get_by_role("button", name=f"Verwijder gesprek ‘{STEERING}’").click()
        page.get_by_role("button", name="Verwijder", exact=True).click()
    expect(page.locator("#stop")).to_be_hidden(timeout=WAIT)
    expect(names(page)).to_have_count(0)
    assert stored(page) == {}


@pytest.fixture(scope="module")
def answered(chat_url: str) -> dict[str, Any]:
    """An exchange as the browser keeps it."""
    response = httpx.post(f"{chat_url}/chat/ask", json={"question": CHAIR}, timeout=WAIT / 1000)
    (data,) = [line for line in response.text.splitlines() if '{"exchange"' in line]
    exchange: dict[str, Any] = json.loads(data.removeprefix("data: "))["exchange"]
    return exchange


def conversation(*kept: Any, title: str = "") -> dict[str, Any]:
    return {"title": title, "changed": "2026-01-01T00:00:00.000Z", "exchanges": list(kept)}


def test_a_full_conversation_goes_on_in_a_new_one(page: Page, answered: dict[str, Any]) -> None:
    store(page, "vol", conversation(*[answered] * MOST_TURNS))
    reload(page)
    names(page).click()
    expect(exchanges(page)).to_have_count(MOST_TURNS)
    type_and_send(page, "En wie was de eerste?")
    expect(exchanges(page)).to_have_count(1)
    fresh = ended(page, 0)
    expect(fresh.locator(".begrepen")).to_contain_text("Duaal Leren")
    expect(progress(page)).to_have_text("Dit gesprek is vol. Uw vraag begint een nieuw gesprek.")
    assert sorted(len(c["exchanges"]) for c in stored(page).values()) == [1, MOST_TURNS]


def test_what_is_damaged_is_skipped(page: Page, answered: dict[str, Any]) -> None:
    damaged = {
        "a": "{", "b": "null", "c": "[]", "d": '"tekst"', "e": "{}",
        "f": {"title": "x", "exchanges": {}},
        "g": conversation(None),
        "h": conversation({}),
        "i": conversation({"question": 5}),
        "j": conversation({"question": "Wie?", "answer": {"answer": None}}),
        "k": conversation({"question": "Wie?", "answer": 5}),
        "l": conversation() | {"title": {}},
    }  # fmt: skip
    for id_, value in damaged.items():
        store(page, id_, value)
    store(page, "goed", conversation(answered, title="Goed"))
    reload(page)
    expect(names(page)).to_have_text(["Goed"])
    names(page).click()
    expect(page.locator(".antwoord")).to_contain_text("Luc Sels")
    expect(ask(page, SECTORAL).locator(".kort")).to_have_text("17")


@pytest.fixture
def refused(complaints: list[str]) -> Iterator[None]:
    """For a test in which the server refuses something, of which the console complains."""
    yield
    assert {"status of 422" in text for text in complaints} == {True}
    complaints.clear()


@pytest.mark.usefixtures("refused")
def test_what_the_server_refuses_shows_its_questions(page: Page, answered: dict[str, Any]) -> None:
    """Such as what a later version of the page kept."""
    store(page, "later", conversation(answered | {"later": 1}, title="Later"))
    reload(page)
    names(page).click()
    expect(exchanges(page).locator(".vraag")).to_contain_text(CHAIR)
    expect(exchanges(page).locator(".melding")).to_be_visible()
    expect(page.locator(".antwoord")).to_have_count(0)
    expect(ask(page, SECTORAL).locator(".kort")).to_have_text("17")
    expect(exchanges(page)).to_have_count(2)


def test_a_forged_quote_is_not_shown(page: Page, answered: dict[str, Any]) -> None:
    forgeries = {
        ("quote", "Op 1 april 2016 werd Jan Peeters voorzitter."): wording.SOURCE_NOT_VERBATIM,
        ("start", 0): wording.SOURCE_NOT_VERBATIM,
        ("version", "sha256:" + 64 * "0"): wording.SOURCE_NOT_CHECKED,
        ("document", "geen-document"): wording.SOURCE_NOT_CHECKED,
    }
    forged = [json.loads(json.dumps(answered)) for _ in forgeries]
    for exchange, (field, value) in zip(forged, forgeries, strict=True):
        exchange["answer"]["citations"][0][field] = value
    store(page, "vals", conversation(*forged, answered))
    reload(page)
    names(page).click()
    expect(exchanges(page).locator(".melding")).to_have_text(list(forgeries.values()))
    expect(page.locator(".antwoord")).to_have_count(1)
    expect(exchanges(page).last.locator(".antwoord")).to_contain_text("Luc Sels")
    assert "Jan Peeters" not in page.locator("#gesprek").inner_text()


def test_a_browser_without_room_says_so_and_the_chat_works(page: Page) -> None:
    ask(page, STEERING)
    page.evaluate(FILL)
    expect(ask(page, SECTORAL).locator(".kort")).to_have_text("17")
    expect(progress(page)).to_contain_text(NO_ROOM)
    start_new(page)
    ask(page, CHAIR)
    expect(progress(page)).to_contain_text(NO_ROOM)
    expect(names(page)).to_have_text([CHAIR, STEERING])
    names(page).last.click()
    expect(page.locator(".kort")).to_have_text(["17 januari 2013", "17"])
    page.evaluate(EMPTY)
    for _ in range(2):
        ask(page, CHAIR)
        expect(progress(page)).to_be_empty()
    reload(page)
    expect(exchanges(page)).to_have_count(4)


def test_a_browser_that_keeps_nothing_says_so_and_the_chat_works(
    visitor: BrowserContext, chat_url: str
) -> None:
    page = visitor.new_page()
    page.add_init_script(DENY)
    page.goto(chat_url)
    wait_until_shown(page)
    page.get_by_role("button", name=wording.HELP_CLOSE).click()
    expect(page.locator("#welkom")).to_be_hidden()
    ask(page, CHAIR)
    expect(progress(page)).to_contain_text(NO_ROOM)
    again = ask(page, "En wie was de eerste?")
    expect(again.locator(".begrepen")).to_contain_text("Duaal Leren")
    start_new(page)
    ask(page, SECTORAL)
    expect(names(page)).to_have_text([SECTORAL, CHAIR])
    names(page).last.click()
    expect(exchanges(page)).to_have_count(2)
    page.get_by_role("button", name=f"Verwijder gesprek ‘{SECTORAL}’").click()
    page.get_by_role("button", name="Verwijder", exact=True).click()
    expect(names(page)).to_have_text([CHAIR])


def test_the_server_is_sent_what_a_request_needs_and_no_more(page: Page) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    ask(page, "Wat is het geheim van de smid?")
    expect(page.locator("#voortgang")).to_be_empty()
    start_new(page)
    page.wait_for_load_state("networkidle")
    sent.clear()
    ask(page, CHAIR)
    ask(page, "En wie was de eerste?")
    page.wait_for_load_state("networkidle")
    bodies: dict[str, Any] = {
        request.url.rsplit("/", 1)[1]: request.post_data_json for request in sent
    }
    assert set(bodies) == {"ask", "suggestions"}
    assert set(bodies["ask"]) == {"question", "history", "filters"}
    assert [set(turn) for turn in bodies["ask"]["history"]] == [{"question", "answer"}]
    assert bodies["ask"]["history"][0]["question"] == CHAIR
    assert set(bodies["suggestions"]) == {"exchange", "asked"}
    assert "smid" not in json.dumps(bodies)
    assert all(request.method == "POST" and "?" not in request.url for request in sent)
    assert [request.all_headers().get("cookie") for request in sent] == [None] * len(sent)
    kept = page.evaluate("Object.keys(localStorage)")
    assert {key.startswith((CONVERSATION, "partnerschapsassistent.hulp")) for key in kept} == {True}
    assert page.evaluate("document.cookie") == ""
