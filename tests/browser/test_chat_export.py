"""A conversation as a file for the dossier."""

import re
from pathlib import Path

import docx
from playwright.sync_api import Page, expect

from browser.chat_page import ask, exchanges, progress

STEERING = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"
QUOTE = "De laatste stuurgroep dateert van 17 januari 2013."
SECTORAL = "Hoeveel sectorale partnerschappen zijn er?"


def save(page: Page, form: str, folder: Path) -> Path:
    with page.expect_download() as download:
        page.locator("#bewaren").get_by_role("button", name=form).click()
    expect(progress(page)).to_have_text("Het gesprek is als bestand bewaard.")
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_a_conversation_is_saved_with_its_numbered_sources(
    page: Page, chat_url: str, tmp_path: Path
) -> None:
    expect(page.locator("#bewaren")).to_be_hidden()
    for question in (STEERING, SECTORAL, STEERING):
        ask(page, question)
    links = exchanges(page).locator("ol a").evaluate_all("links => links.map(link => link.href)")
    assert len(links) == 3
    note = save(page, "Markdown", tmp_path)
    assert note.name == "Wanneer-vond-de-laatste-stuurgroep-excellente-partnerschappe.md"
    text = note.read_text(encoding="utf-8")
    assert text.startswith(f"# {STEERING}\n")
    assert re.findall(r"^> “.*” \\\[(\d)\\\]$", text, re.MULTILINE) == ["1", "2", "1"]
    assert f"> “{QUOTE}” \\[1\\]" in text
    assert re.findall(r"^(\d)\. .*<(.*)>$", text, re.MULTILINE) == [
        ("1", links[0]),
        ("2", links[1]),
    ]
    assert links[0].startswith(f"{chat_url}/documents/")
    document = docx.Document(str(save(page, "Word", tmp_path)))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    assert paragraphs[0] == STEERING
    assert sum(f"“{QUOTE}” [1]" in paragraph for paragraph in paragraphs) == 2
    sources = [p for p in document.paragraphs if p.style and p.style.name == "List Number"]
    assert [source.hyperlinks[0].url for source in sources] == links[:2]


def test_the_file_has_the_name_of_the_conversation(page: Page, tmp_path: Path) -> None:
    ask(page, "Wat is de hoofdstad van Peru?")
    page.get_by_role("button", name="Hernoem gesprek").click()
    page.locator("#naam").fill('Vraag 12/2026: "Peru" & co')
    page.keyboard.press("Enter")
    note = save(page, "Markdown", tmp_path)
    assert note.name == "Vraag-12-2026-Peru-co.md"
    text = note.read_text(encoding="utf-8")
    assert "**Niet gevonden**" in text
    assert "Geen enkel antwoord steunt op een document." in text
    assert save(page, "Word", tmp_path).name == "Vraag-12-2026-Peru-co.docx"


def test_a_name_that_is_cut_keeps_whole_characters(page: Page, tmp_path: Path) -> None:
    """In scripts the smiley counts for two, of which one alone cannot be written."""
    name = "x" * 79 + "🙂"
    ask(page, f"{name} wie is voorzitter?")
    expect(page.locator("#gesprekkenlijst .naam")).to_have_text(name)
    note = save(page, "Markdown", tmp_path)
    assert note.read_text(encoding="utf-8").startswith(f"# {name}\n")


def test_a_conversation_without_answers_is_not_saved(page: Page) -> None:
    ask(page, "x" * 3000)
    page.locator("#bewaren").get_by_role("button", name="Word").click()
    expect(progress(page)).to_have_text("Dit gesprek heeft nog geen antwoorden.")
