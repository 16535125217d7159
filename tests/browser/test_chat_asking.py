"""Asking in a real browser: a question typed, its answer seen, stopped, asked again."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import BrowserContext, Locator, Page, expect

from assistant import wording
from browser.chat_page import (
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
CHAIR = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
UNANSWERABLE = "Wat is de hoofdstad van Peru?"
CROWD = 10
"""Others who keep the server busy, fewer than may wait in line."""

RECORD_PROGRESS = """() => {
  window.said = [];
  const observer = new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes) window.said.push(node.textContent);
  });
  observer.observe(document.getElementById("voortgang"), { childList: true });
}"""


def size_of(found: Locator) -> float:
    return float(found.evaluate("element => parseFloat(getComputedStyle(element).fontSize)"))


def test_an_answer_stands_out_with_its_quote_and_status(page: Page) -> None:
    page.evaluate(RECORD_PROGRESS)
    answer = ask(page, STEERING).locator(".antwoord")
    short, quote = answer.locator(".kort"), answer.locator("blockquote p")
    expect(short).to_have_text("17 januari 2013")
    expect(quote).to_contain_text("“De laatste stuurgroep dateert van 17 januari 2013.” [1]")
    assert size_of(short) > size_of(quote)
    expect(answer.locator("ol li")).to_contain_text("Antwoord 6")
    expect(page.locator("#gehoord")).to_have_text("Beantwoord: 17 januari 2013")
    stages = [wording.STAGE_START, wording.STAGE_RETRIEVED, wording.STAGE_WEIGHED]
    said = page.evaluate("window.said")
    assert [re.sub(r"\d+", "{count}", text) for text in said] == stages
    expect(progress(page)).to_be_empty()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")


def test_a_status_is_told_in_words_and_by_an_icon(page: Page) -> None:
    """Each has a shape of its own, so that who sees no colours can tell them apart."""
    ask(page, STEERING)
    ask(page, UNANSWERABLE)
    ((id_, kept),) = stored(page).items()
    partial = kept["exchanges"][0]
    kept["exchanges"].append(partial | {"answer": partial["answer"] | {"status": "partial"}})
    store(page, id_, kept)
    reload(page)
    statuses = page.locator(".antwoord .status")
    expect(statuses).to_have_text(["✔ Beantwoord", "✖ Niet gevonden", "◐ Gedeeltelijk"])
    for icon in statuses.locator("span").all():
        expect(icon).to_have_attribute("aria-hidden", "true")
    doubtful = page.locator(".antwoord.partial")
    expect(doubtful).to_contain_text(wording.PARTIAL_NOTE)


def test_an_abstention_looks_like_one(page: Page) -> None:
    refusal = ask(page, UNANSWERABLE).locator(".antwoord.abstained")
    expect(refusal.locator(".status")).to_contain_text("Niet gevonden")
    expect(refusal).to_contain_text(wording.ABSTAINED)
    expect(refusal).to_contain_text("Dit is geen antwoord.")
    expect(refusal.locator(".kort, blockquote")).to_have_count(0)
    assert refusal.locator("ul .bronlink").count() >= 1


def test_a_follow_up_says_how_it_was_understood(page: Page) -> None:
    ask(page, CHAIR)
    answer = ask(page, "En wie was de eerste?")
    expect(answer.locator(".begrepen")).to_have_text(re.compile("Begrepen als: .*Duaal Leren"))
    expect(answer).to_contain_text("Luc Sels")
    expect(exchanges(page).first.locator(".begrepen")).to_have_count(0)


def test_enter_sends_and_shift_enter_starts_a_line(page: Page) -> None:
    box(page).press_sequentially("Wie is")
    box(page).press("Shift+Enter")
    box(page).press_sequentially("voorzitter?")
    expect(box(page)).to_have_value("Wie is\nvoorzitter?")
    expect(exchanges(page)).to_have_count(0)
    box(page).press("Enter")
    expect(exchanges(page)).to_have_count(1)
    expect(ended(page, 0).locator(".vraag")).to_contain_text("Wie is\nvoorzitter?")


def test_enter_that_picks_a_spelling_does_not_send(page: Page) -> None:
    """An input method editor takes Enter while characters are being composed."""
    box(page).focus()
    session = page.context.new_cdp_session(page)
    composed = {"text": "vóór", "selectionStart": 4, "selectionEnd": 4}
    session.send("Input.imeSetComposition", composed)
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    page.wait_for_timeout(200)
    expect(exchanges(page)).to_have_count(0)
    session.send("Input.insertText", {"text": "vóór"})
    expect(box(page)).to_have_value("vóór")
    box(page).press("Enter")
    expect(exchanges(page)).to_have_count(1)
    ended(page, 0)


def test_an_empty_question_is_not_asked(page: Page) -> None:
    type_and_send(page, " \n ")
    expect(progress(page)).to_have_text("Typ eerst een vraag.")
    box(page).fill("")
    page.get_by_role("button", name="Verstuur", exact=True).click()
    expect(progress(page)).to_have_text("Typ eerst een vraag.")
    expect(exchanges(page)).to_have_count(0)


def test_a_question_that_is_too_long_says_so_and_the_next_one_is_answered(page: Page) -> None:
    long = ask(page, "x" * 3000)
    expect(long.locator(".melding")).to_have_text(
        "De vraag telt 3000 tekens; het maximum is 2000. Stel een kortere vraag."
    )
    expect(long.locator(".antwoord")).to_have_count(0)
    expect(ask(page, STEERING).locator(".kort")).to_have_text("17 januari 2013")


def test_typed_html_is_shown_and_not_run(page: Page) -> None:
    title = page.title()
    asked = ask(page, "<img src=x onerror=\"document.title='gekraakt'\"> wie is voorzitter?")
    expect(asked.locator(".vraag")).to_contain_text("<img src=x")
    expect(page.locator("#gesprekkenlijst")).to_contain_text("<img src=x")
    assert page.locator("#beurten img, #gesprekkenlijst img").count() == 0
    assert page.title() == title


def test_half_a_character_is_answered(page: Page) -> None:
    """A broken paste can hold half of a surrogate pair, which cannot be encoded."""
    box(page).evaluate("field => { field.value = '\\ud800 wie is voorzitter?' }")
    box(page).press("Enter")
    asked = ended(page, 0)
    expect(asked.locator(".antwoord")).to_have_count(1)
    assert wording.UNEXPECTED not in asked.inner_text()


def test_one_question_at_a_time(page: Page, chat: ChatServer) -> None:
    """What was typed meanwhile stays in the box."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    with chat.halted():
        type_and_send(page, STEERING)
        box(page).press("Enter")
        expect(progress(page)).to_contain_text("De vorige vraag is nog bezig.")
        type_and_send(page, CHAIR)
        expect(box(page)).to_have_value(CHAIR)
        expect(exchanges(page)).to_have_count(1)
    expect(ended(page, 0).locator(".kort")).to_have_text("17 januari 2013")
    assert len([url for url in requests if url.endswith("/chat/ask")]) == 1
    box(page).press("Enter")
    expect(ended(page, 1).locator(".antwoord")).to_have_count(1)


@contextmanager
def crowd(chat: ChatServer) -> Iterator[list[int]]:
    """Others who ask one question after the other; gives the status of every response."""
    statuses: list[int] = []
    is_over = threading.Event()

    def ask_on(number: int, client: httpx.Client) -> None:
        while not is_over.is_set():
            question = f"Wie vergadert er voor de {len(statuses)}e keer in zaal {number}?"
            statuses.append(client.post("/v1/ask", json={"question": question}).status_code)

    with httpx.Client(base_url=chat.url, timeout=WAIT / 1000) as client:
        others = [threading.Thread(target=ask_on, args=(n, client)) for n in range(CROWD)]
        for other in others:
            other.start()
        try:
            while chat.metric("assistant_queue_held") < CROWD:
                pass
            yield statuses
        finally:
            is_over.set()
            for other in others:
                other.join()


def test_a_stopped_question_leaves_the_line_and_can_be_asked_again(
    page: Page, chat: ChatServer
) -> None:
    answered = chat.metric("assistant_answers_total")
    with crowd(chat) as statuses:
        type_and_send(page, STEERING)
        expect(progress(page)).to_have_text(wording.STAGE_START)
        page.get_by_role("button", name="Stop").click()
        asked = ended(page, 0)
    assert set(statuses) == {200}
    assert chat.metric("assistant_answers_total") == answered + len(statuses)
    assert chat.metric("assistant_queue_held") == 0
    expect(asked.locator(".melding")).to_contain_text("U hebt deze vraag gestopt.")
    expect(page.locator("#stop")).to_be_hidden()
    expect(box(page)).to_be_focused()
    asked.get_by_role("button", name="Opnieuw").click()
    expect(page.locator(".kort")).to_have_text("17 januari 2013", timeout=WAIT)
    expect(exchanges(page)).to_have_count(1)
    assert len(only_stored(page)["exchanges"]) == 1


def test_asking_again_replaces_the_last_answer_and_repeats_an_earlier_one(page: Page) -> None:
    ask(page, STEERING)
    ask(page, UNANSWERABLE)
    first, last = (exchange["answer"]["id"] for exchange in only_stored(page)["exchanges"])
    exchanges(page).last.evaluate("article => { article.className += ' oud' }")
    exchanges(page).last.get_by_role("button", name="Opnieuw").click()
    expect(page.locator(".oud")).to_have_count(0)
    expect(page.locator("#beurten .antwoord")).to_have_count(2, timeout=WAIT)
    again = [exchange["answer"]["id"] for exchange in only_stored(page)["exchanges"]]
    assert again[0] == first
    assert again[1:] != [last]
    assert len(again) == 2
    exchanges(page).first.get_by_role("button", name="Opnieuw").click()
    expect(ended(page, 2).locator(".kort")).to_have_text("17 januari 2013")


def test_an_answer_is_not_lost_when_asking_again_fails(page: Page, chat: ChatServer) -> None:
    asked = ask(page, STEERING)
    with chat.halted():
        asked.get_by_role("button", name="Opnieuw").click()
        page.get_by_role("button", name="Stop").click()
        expect(ended(page, 0).locator(".melding")).to_contain_text("U hebt deze vraag gestopt.")
    reload(page)
    expect(page.locator(".kort")).to_have_text("17 januari 2013")


def test_an_example_question_is_asked_by_its_button(page: Page) -> None:
    examples = page.locator("#welkom .voorbeelden button")
    expect(examples).to_have_text(list(wording.EXAMPLES))
    examples.nth(2).click()
    asked = ended(page, 0)
    expect(asked.locator(".vraag")).to_contain_text("Hoeveel sectorale partnerschappen zijn er?")
    expect(asked.locator(".kort")).to_have_text("17")
    expect(page.locator("#welkom")).to_be_hidden()


def test_suggested_questions_are_answered(page: Page) -> None:
    asked = ask(page, STEERING)
    expect(asked.get_by_role("heading", name="Vraag verfijnen")).to_be_visible(timeout=WAIT)
    suggested = asked.locator(".verfijnen button")
    assert 1 <= suggested.count() <= 3
    question = suggested.first.inner_text()
    suggested.first.click()
    answer = ended(page, 1)
    expect(answer.locator(".vraag")).to_contain_text(question)
    expect(answer.locator(".antwoord.answered")).to_have_count(1)


def test_a_server_that_dies_is_told_and_asking_again_works_once_it_is_back(
    visitor: BrowserContext, small_chat: ChatServer, complaints: list[str]
) -> None:
    page = visitor.new_page()
    page.goto(small_chat.url)
    wait_until_shown(page)
    with small_chat.halted():
        type_and_send(page, "Hoeveel leden telt de werkgroep?")
        expect(progress(page)).to_have_text(wording.STAGE_START)
        small_chat.kill()
    asked = ended(page, 0)
    expect(asked.locator(".melding")).to_contain_text("De server is niet bereikbaar.")
    asked.get_by_role("button", name="Opnieuw").click()
    expect(ended(page, 0).locator(".melding")).to_contain_text("De server is niet bereikbaar.")
    small_chat.start()
    exchanges(page).get_by_role("button", name="Opnieuw").click()
    expect(page.locator(".antwoord.answered")).to_contain_text("negen leden", timeout=WAIT)
    expect(exchanges(page)).to_have_count(1)
    assert {text.split(" (")[0] for text in complaints} <= {
        "Failed to load resource: net::ERR_CONNECTION_REFUSED",
        "Failed to load resource: net::ERR_CONNECTION_RESET",
        "Failed to load resource: net::ERR_EMPTY_RESPONSE",
    }
    complaints.clear()
