"""Asking within some of the documents."""

import pytest
from playwright.sync_api import Locator, Page, expect

from assistant import wording
from browser.chat_page import ask, box, exchanges, only_stored

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
NOTICE = "Welke opzegtermijn geldt voor de overeenkomst VDAB–VVSG?"
GO = "Overeenkomst GO! – VDAB 2019-2024"
EXCELLENT = "Antwoord over excellente partnerschappen"


@pytest.fixture
def form(page: Page) -> Locator:
    """The choice of documents, opened."""
    page.locator("#bereik summary").click()
    return page.locator("#bereik-keuze")


def reset(form: Locator) -> None:
    form.get_by_role("button", name=wording.SCOPE_RESET).click()


def expect_scope(page: Page, text: str) -> None:
    expect(page.locator("#bereik-stand")).to_have_text(text)


def expect_found(asked: Locator, scope: str) -> None:
    expect(asked.locator(".antwoord.answered")).to_be_visible()
    expect(asked.locator(".begrepen")).to_have_text(f"Beperkt tot: {scope}")


def expect_not_found(asked: Locator, scope: str) -> None:
    expect(asked.locator(".antwoord.abstained")).to_be_visible()
    expect(asked.locator(".begrepen")).to_have_text(f"Beperkt tot: {scope}")


def test_a_document_restricts_until_the_choice_is_undone(page: Page, form: Locator) -> None:
    expect_scope(page, "alle documenten")
    form.get_by_label(GO).check()
    expect_scope(page, "een deel van de documenten (1 filter)")
    expect_not_found(ask(page, STEERING), GO)
    form.get_by_label(EXCELLENT).check()
    expect_scope(page, "een deel van de documenten (2 filters)")
    expect(ask(page, STEERING).locator(".begrepen")).to_contain_text(EXCELLENT)
    expect(exchanges(page).last.locator(".kort")).to_have_text("17 januari 2013")
    reset(form)
    expect_scope(page, "alle documenten")
    expect(form.get_by_label(GO)).not_to_be_checked()
    everywhere = ask(page, STEERING)
    expect(everywhere.locator(".antwoord.answered")).to_be_visible()
    expect(everywhere.locator(".begrepen")).to_have_count(0)


def test_a_kind_restricts(page: Page, form: Locator) -> None:
    form.get_by_label("overeenkomst", exact=True).check()
    expect_not_found(ask(page, STEERING), "overeenkomst")
    reset(form)
    form.get_by_label("antwoord", exact=True).check()
    expect_found(ask(page, STEERING), "antwoord")


def test_a_party_restricts(page: Page, form: Locator) -> None:
    form.get_by_label("VVSG", exact=True).check()
    expect_not_found(ask(page, STEERING), "VVSG")
    expect_found(ask(page, NOTICE), "VVSG")


def test_a_year_restricts_to_what_held_in_it(page: Page, form: Locator) -> None:
    year = form.get_by_label("Jaar")
    year.select_option("2017")
    expect_scope(page, "een deel van de documenten (1 filter)")
    expect_not_found(ask(page, STEERING), "01/01/2017 tot 31/12/2017")
    expect_found(ask(page, NOTICE), "01/01/2017 tot 31/12/2017")
    year.select_option("2020")
    cited = only_stored(page)["exchanges"][-1]["answer"]["citations"]
    assert {citation["document"] for citation in cited} == {"overeenkomst-vdab-vvsg-2017"}
    reset(form)
    expect(year).to_have_value("")
    expect_scope(page, "alle documenten")


def test_filters_that_no_document_meets_are_told(page: Page, form: Locator) -> None:
    form.get_by_label("antwoord", exact=True).check()
    form.get_by_label("Jaar").select_option("2018")
    asked = ask(page, STEERING)
    expect(asked).to_contain_text("Maak de filters ruimer.")
    expect(asked.locator(".kort")).to_have_count(0)


def test_the_choice_tells_what_is_expired_and_works_by_keyboard(page: Page, form: Locator) -> None:
    expect(form.locator("label", has_text=GO)).to_contain_text("verlopen")
    expect(form.locator("label", has_text="VVSG: Samen sterk")).not_to_contain_text("verlopen")
    form.get_by_label(GO).focus()
    page.keyboard.press("Space")
    expect_scope(page, "een deel van de documenten (1 filter)")
    page.keyboard.press("Enter")
    expect(box(page)).to_be_visible()
    expect_scope(page, "een deel van de documenten (1 filter)")
