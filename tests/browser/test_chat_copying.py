"""An answer on the clipboard, with its sources."""

from playwright.sync_api import Page, expect

from browser.chat_page import ask, progress

COMPARING = "Wat is het verschil tussen de principes van GO! en die van VVSG?"
READ = "navigator.clipboard.readText()"
WITHOUT_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"


def test_an_answer_is_copied_with_its_numbered_sources(page: Page, chat_url: str) -> None:
    asked = ask(page, COMPARING)
    quotes = [text.split("”")[0] for text in asked.locator("blockquote p").all_inner_texts()]
    links = asked.locator("ol a").evaluate_all("links => links.map(link => link.href)")
    asked.get_by_role("button", name="Kopieer met bronnen").click()
    expect(progress(page)).to_have_text("Gekopieerd.")
    lines = page.evaluate(READ).split("\n")
    assert lines[:2] == [COMPARING, ""]
    assert len(quotes) == 2
    assert [quote in lines[2] for quote in quotes] == [True, True]
    assert lines[3:5] == ["", "Bronnen:"]
    assert [line[:4] for line in lines[5:]] == ["[1] ", "[2] "]
    assert [line.split(": ")[-1] for line in lines[5:]] == links
    assert all(link.startswith(f"{chat_url}/documents/") for link in links)
    assert "Overeenkomst GO! – VDAB 2019-2024 — 2 Principes: " in "\n".join(lines[5:])


def test_an_abstention_is_copied_without_sources(page: Page) -> None:
    ask(page, "Wat is de hoofdstad van Peru?")
    page.get_by_role("button", name="Kopieer met bronnen").click()
    expect(progress(page)).to_have_text("Gekopieerd.")
    copied = page.evaluate(READ)
    assert copied.startswith("Wat is de hoofdstad van Peru?\n\nIk vind dit niet")
    assert "Bronnen" not in copied


def test_copying_works_where_the_page_does_not_come_over_https(page: Page) -> None:
    """Browsers have no clipboard to offer there."""
    button = ask(page, "Hoeveel sectorale partnerschappen zijn er?").get_by_text("Kopieer met")
    page.evaluate("navigator.clipboard.writeText('iets anders')")
    page.evaluate(WITHOUT_CLIPBOARD)
    button.click()
    expect(progress(page)).to_have_text("Gekopieerd.")
    expect(button).to_be_focused()
    other = page.context.new_page()
    other.goto(page.url)
    assert "[1] Vlaams Partnerschap Duaal Leren" in other.evaluate(READ)
    page.bring_to_front()
    page.evaluate("document.execCommand = () => false")
    button.click()
    expect(progress(page)).to_contain_text("Kopiëren lukte niet.")
