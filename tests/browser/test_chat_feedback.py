"""What a user says of an answer reaches the file, and only when he sends it."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from assistant import wording
from assistant.feedback import FeedbackItem, Reason, Verdict, read_feedback
from browser.chat_page import ask, progress, wait_until_shown
from browser.chat_server import ChatServer

CHAIR = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
SECTORAL = "Hoeveel sectorale partnerschappen zijn er?"


@pytest.fixture(autouse=True)
def emptied(feedback_file: Path) -> None:
    feedback_file.unlink(missing_ok=True)  # tests of other files send feedback as well


def items(file: Path) -> tuple[FeedbackItem, ...]:
    found = read_feedback(file)
    assert found.errors == ()
    return found.items


def thumb(asked: Locator, name: str) -> Locator:
    return asked.get_by_role("button", name=name)


def test_a_bad_answer_is_told_with_a_reason_and_a_text(page: Page, feedback_file: Path) -> None:
    ask(page, CHAIR)
    asked = ask(page, "En wie was de eerste?")
    thumb(asked, "Slecht antwoord").click()
    dialog = page.get_by_role("dialog", name="Uw oordeel over dit antwoord")
    expect(dialog).to_contain_text(wording.FEEDBACK_NOTICE)
    reasons = dialog.get_by_label("Wat schort eraan?")
    assert reasons.locator("option").count() == len(Reason) + 1
    reasons.select_option(label="Het antwoord is onvolledig")
    dialog.get_by_label("Toelichting").fill("Zijn titel ontbreekt.\n“Prof.” staat er wel.")
    dialog.get_by_role("button", name="Verstuur oordeel").click()
    expect(progress(page)).to_have_text("Bedankt, uw oordeel is bewaard.")
    expect(thumb(asked, "Slecht antwoord")).to_have_attribute("aria-pressed", "true")
    expect(thumb(asked, "Slecht antwoord")).to_be_focused()
    (item,) = items(feedback_file)
    assert (item.verdict, item.reason) == (Verdict.DOWN, Reason.ONVOLLEDIG)
    assert item.text == "Zijn titel ontbreekt.\n“Prof.” staat er wel."
    assert item.answer.question == "En wie was de eerste?"
    assert "Luc Sels" in item.answer.answer
    assert [turn.question for turn in item.history] == [CHAIR]


def test_a_good_answer_needs_no_reason_and_a_verdict_can_change(
    page: Page, feedback_file: Path
) -> None:
    asked = ask(page, SECTORAL)
    thumb(asked, "Slecht antwoord").click()
    page.locator("#oordeel-reden").select_option("onjuist")
    page.locator("#oordeel-tekst").fill("Toch niet")
    page.get_by_role("button", name="Annuleer").click()
    expect(thumb(asked, "Slecht antwoord")).to_be_focused()
    thumb(asked, "Goed antwoord").click()
    expect(page.locator("#oordeel-reden")).to_be_hidden()
    expect(page.locator("#oordeel-tekst")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator("#oordeel")).to_be_hidden()
    assert items(feedback_file) == ()
    for name in ("Slecht antwoord", "Goed antwoord"):
        thumb(asked, name).click()
        page.get_by_role("button", name="Verstuur oordeel").click()
        expect(thumb(asked, name)).to_have_attribute("aria-pressed", "true")
    expect(thumb(asked, "Slecht antwoord")).to_have_attribute("aria-pressed", "false")
    verdicts = [(item.verdict, item.reason, item.text) for item in items(feedback_file)]
    assert verdicts == [(Verdict.DOWN, None, ""), (Verdict.UP, None, "")]


def test_a_verdict_that_cannot_be_kept_is_told(
    page: Page, feedback_file: Path, complaints: list[str]
) -> None:
    asked = ask(page, SECTORAL)
    feedback_file.mkdir()
    thumb(asked, "Goed antwoord").click()
    page.get_by_role("button", name="Verstuur oordeel").click()
    expect(progress(page)).to_have_text(wording.FEEDBACK_FAILED)
    expect(thumb(asked, "Goed antwoord")).to_have_attribute("aria-pressed", "false")
    feedback_file.rmdir()
    assert ["503" in text for text in complaints] == [True]
    complaints.clear()


def test_a_server_that_takes_no_feedback_offers_none(
    visitor: BrowserContext, small_chat: ChatServer
) -> None:
    page = visitor.new_page()
    page.goto(small_chat.url)
    wait_until_shown(page)
    expect(page.locator("#welkom")).to_contain_text(wording.HELP_PRIVACY_WITHOUT_FEEDBACK)
    asked = ask(page, "Hoeveel leden telt de werkgroep?")
    expect(asked.locator(".antwoord.answered")).to_be_visible()
    expect(asked.get_by_role("button", name="Opnieuw")).to_be_visible()
    expect(asked.get_by_role("button", name="antwoord")).to_have_count(0)
