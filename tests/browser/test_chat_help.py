"""What a first visitor is told, and how it comes back."""

import re

from playwright.sync_api import Page, expect

from assistant import wording
from assistant.index import Index
from assistant.pages import BRUSSELS
from browser.chat_page import ask, reload


def test_a_first_visitor_reads_what_it_can_and_over_what(page: Page, index: Index) -> None:
    told = page.locator("#welkom")
    expect(told).to_be_visible()
    expect(told).to_contain_text(f"{len(index.documents)} documenten")
    built = index.manifest.created.astimezone(BRUSSELS)
    expect(told).to_contain_text(f"zoals ze op {built:%d/%m/%Y} zijn ingelezen")
    for line in (*wording.HELP_CAN, *wording.HELP_CANNOT, wording.HELP_PRIVACY):
        expect(told).to_contain_text(line)
    expect(told.locator(".voorbeelden button")).to_have_count(5)
    expect(told.get_by_role("link", name="Documenten")).to_have_attribute("href", "/documents")


def test_the_help_stays_closed_and_comes_back_by_its_button(page: Page) -> None:
    told, button = page.locator("#welkom"), page.get_by_role("button", name="Hulp")
    expect(button).to_have_attribute("aria-expanded", "true")
    told.get_by_role("button", name=wording.HELP_CLOSE).click()
    expect(told).to_be_hidden()
    reload(page)
    expect(told).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(told).to_be_visible()
    expect(told).to_contain_text(re.compile(r"\d+ documenten"))
    button.click()
    expect(told).to_be_hidden()


def test_who_has_asked_needs_no_help(page: Page) -> None:
    ask(page, "Hoeveel sectorale partnerschappen zijn er?")
    page.get_by_role("button", name="Nieuw gesprek").click()
    reload(page)
    expect(page.locator("#welkom")).to_be_hidden()
