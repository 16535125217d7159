"""The sources of an answer in the panel beside it."""

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

from browser.chat_page import ask, progress

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
QUOTE = "De laatste stuurgroep dateert van 17 januari 2013."
NOTICE = "Welke opzegtermijn geldt voor de overeenkomst VDAB–VVSG?"
COMPARING = "Wat is het verschil tussen de principes van GO! en die van VVSG?"


def panel(page: Page) -> Locator:
    return page.locator("#bron-open")


def sheet(page: Page) -> FrameLocator:
    """The page of the document in the panel."""
    return page.frame_locator("#bron-blad")


def press_until_focused(page: Page, key: str, target: Locator) -> None:
    for _ in range(60):
        page.keyboard.press(key)
        if target.evaluate("element => element === element.ownerDocument.activeElement"):
            return
    raise AssertionError(f"{key} never reaches {target}")


@pytest.fixture
def source(page: Page) -> Locator:
    """The link to the source of an answer."""
    return ask(page, STEERING).locator("ol .bronlink")


def test_a_source_opens_beside_the_answer_at_its_quote(page: Page, source: Locator) -> None:
    expect(panel(page)).to_be_hidden()
    source.click()
    mark = sheet(page).locator("mark#citaat")
    expect(mark).to_contain_text(QUOTE)
    expect(mark).to_be_in_viewport()
    colours = [
        element.evaluate("element => getComputedStyle(element).backgroundColor")
        for element in (mark, sheet(page).locator("body"))
    ]
    assert colours[0] != colours[1]
    expect(page.locator("#bron-titel")).to_have_text("Antwoord over excellente partnerschappen")
    expect(page.locator("#bron-titel")).to_be_focused()
    expect(page.locator("#bron-stand")).to_have_text("Bron 1 van 1")
    expect(page.get_by_role("button", name="Vorige bron")).to_be_disabled()
    expect(page.get_by_role("button", name="Volgende bron")).to_be_disabled()
    assert len(page.context.pages) == 1
    page.locator("blockquote .bronlink").click()
    expect(mark).to_be_in_viewport()


def test_the_table_of_contents_leads_through_the_document(page: Page) -> None:
    ask(page, NOTICE).locator("ol .bronlink").click()
    expect(sheet(page).locator("mark#citaat")).to_be_in_viewport()
    contents = sheet(page).get_by_role("navigation", name="Inhoudsopgave")
    contents.locator("summary").click()
    contents.get_by_role("link", name="1. Situering").click()
    expect(sheet(page).get_by_role("heading", name="1. Situering")).to_be_in_viewport()
    expect(sheet(page).locator("mark#citaat")).not_to_be_in_viewport()


def test_the_copied_link_opens_the_same_quote_on_a_page_of_its_own(
    page: Page, source: Locator
) -> None:
    source.click()
    page.get_by_role("button", name="Kopieer link").click()
    expect(progress(page)).to_have_text("De link is gekopieerd.")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link == source.evaluate("link => link.href")
    mailed = page.context.new_page()
    mailed.goto(link)
    expect(mailed.locator("mark#citaat")).to_contain_text(QUOTE)
    expect(mailed.locator("mark#citaat")).to_be_in_viewport()
    expect(mailed.get_by_role("link", name="Naar de chat")).to_be_visible()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Open in nieuw tabblad").click()
    popup.value.wait_for_load_state()
    assert popup.value.url == link


def test_closing_returns_to_the_link(page: Page, source: Locator) -> None:
    source.click()
    page.get_by_role("button", name="Sluit bron").click()
    expect(panel(page)).to_be_hidden()
    expect(source).to_be_focused()
    source.click()
    expect(page.locator("#bron-titel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(source).to_be_focused()
    source.click()
    sheet(page).locator("mark#citaat").click()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(source).to_be_focused()


def test_a_source_opens_in_a_tab_as_any_link_does(page: Page, source: Locator) -> None:
    with page.context.expect_page() as tab:
        source.click(modifiers=["Control"])
    expect(tab.value.locator("mark#citaat")).to_contain_text(QUOTE)
    expect(panel(page)).to_be_hidden()


def test_a_source_is_read_with_the_keyboard_alone(page: Page, source: Locator) -> None:
    press_until_focused(page, "Shift+Tab", source)
    page.keyboard.press("Enter")
    expect(page.locator("#bron-titel")).to_be_focused()
    press_until_focused(page, "Tab", page.locator("#bron-blad"))
    expect(sheet(page).locator("mark#citaat")).to_be_focused()
    expect(sheet(page).locator("mark#citaat")).to_be_in_viewport()
    page.keyboard.press("Shift+Tab")
    expect(sheet(page).locator("summary")).to_be_focused()
    press_until_focused(page, "Shift+Tab", page.locator("#bron-sluit"))
    page.keyboard.press("Enter")
    expect(panel(page)).to_be_hidden()
    expect(source).to_be_focused()


def test_the_sources_of_an_answer_are_stepped_through(page: Page) -> None:
    sources = ask(page, COMPARING).locator("ol .bronlink")
    expect(sources).to_have_count(2)
    first, second = sources.all_inner_texts()
    sources.nth(1).click()
    following = page.get_by_role("button", name="Volgende bron")
    before = page.get_by_role("button", name="Vorige bron")
    expect(page.locator("#bron-stand")).to_have_text("Bron 2 van 2")
    expect(following).to_be_disabled()
    expect(sheet(page).locator("h1")).to_have_text(second)
    before.click()
    expect(page.locator("#bron-stand")).to_have_text("Bron 1 van 2")
    expect(sheet(page).locator("h1")).to_have_text(first)
    expect(sheet(page).locator("mark#citaat")).to_be_in_viewport()
    expect(before).to_be_disabled()
    following.click()
    expect(sheet(page).locator("h1")).to_have_text(second)
    history = page.evaluate("history.length")
    before.click()
    expect(sheet(page).locator("h1")).to_have_text(first)
    assert page.evaluate("history.length") == history


def test_the_nearest_passages_of_an_abstention_open_too(page: Page) -> None:
    passage = ask(page, "Wat is de hoofdstad van Peru?").locator("ul .bronlink").first
    passage.click()
    expect(page.locator("#bron-stand")).to_have_text("Bron 1 van 3")
    expect(sheet(page).locator("mark").first).to_be_in_viewport()


def test_another_conversation_closes_the_source(page: Page, source: Locator) -> None:
    source.click()
    page.get_by_role("button", name="Nieuw gesprek").click()
    expect(panel(page)).to_be_hidden()
