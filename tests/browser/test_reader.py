"""The page of documents and their reader, in a real browser."""

from playwright.sync_api import BrowserContext, Page, expect

from assistant import wording
from assistant.index import Index
from browser.chat_page import ask, wait_until_shown
from browser.chat_server import ChatServer
from browser.small_corpus import AGREEMENT, SmallCorpus

NOTICE = "Hoeveel bedraagt de opzegtermijn?"
CHAIR = "Wie is de voorzitter van de stuurgroep?"


def test_the_corpus_is_listed_with_its_facts(page: Page, index: Index, chat_url: str) -> None:
    with page.expect_popup() as popup:
        page.locator("#kop").get_by_role("link", name="Documenten").click()
    listed = popup.value
    assert listed.url == f"{chat_url}/documents"
    rows = listed.locator("tbody tr")
    expect(rows).to_have_count(len(index.documents))
    expired = rows.filter(has=listed.locator(".verlopen"))
    expect(expired.locator("th")).to_have_text(["Overeenkomst GO! – VDAB 2019-2024"])
    expect(expired).to_contain_text("van 01/01/2019 tot en met 31/12/2024 verlopen")
    expect(rows.filter(has_text="VVSG: Samen sterk")).to_contain_text("vanaf 24/05/2017")
    counts = [int(cell.split()[-1]) for cell in rows.locator("td:last-child").all_inner_texts()]
    assert sum(counts) == len(index.passages)
    assert min(counts) > 0
    expired.get_by_role("link").click()
    expect(listed.get_by_role("heading", level=1)).to_have_text("Overeenkomst GO! – VDAB 2019-2024")
    expect(listed.locator("dl .verlopen")).to_have_text("verlopen")
    contents = listed.get_by_role("navigation", name="Inhoudsopgave")
    contents.get_by_role("link", name="2 Principes").click()
    expect(listed.get_by_role("heading", name="2 Principes")).to_be_in_viewport()
    listed.get_by_role("link", name="Naar de chat").click()
    wait_until_shown(listed)


def test_a_mailed_link_still_shows_its_text_after_the_document_changed(
    visitor: BrowserContext, small_chat: ChatServer, small: SmallCorpus
) -> None:
    page = visitor.new_page()
    page.goto(small_chat.url)
    wait_until_shown(page)
    links = [
        ask(page, question).locator("ol .bronlink").evaluate("link => link.href")
        for question in (NOTICE, CHAIR)
    ]
    small.change_agreement(AGREEMENT.replace("bedraagt zes\nmaanden", "bedraagt een\njaar"))
    page.goto(links[0])
    expect(page.locator(".melding")).to_have_text(wording.CHANGED_DOCUMENT)
    then = page.locator("section.toen")
    expect(then.locator("mark#citaat")).to_contain_text("zes\nmaanden")
    expect(then.locator("mark#citaat")).to_be_in_viewport()
    expect(then).to_contain_text("Het citaat staat niet meer woordelijk in de huidige versie.")
    now = page.locator("main > section:not(.toen)")
    expect(now.first).to_contain_text("bedraagt een\njaar")
    expect(now.locator("mark")).to_have_count(0)
    page.goto(links[1])
    expect(then.locator("mark#citaat")).to_contain_text("Jan Peeters")
    then.get_by_role("link", name="Toon het daar").click()
    expect(now.locator("mark#nu-citaat")).to_be_in_viewport()
    page.goto(small_chat.url)
    wait_until_shown(page)
    expect(page.locator(".antwoord").first).to_contain_text("zes maanden")
    expect(ask(page, NOTICE).locator(".antwoord")).to_contain_text("een jaar")
