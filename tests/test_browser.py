"""The chat in a real browser: a question typed, its answer seen, its source opened."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WAIT = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    ARTIFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1200, "height": 900}, locale="nl-BE")
    opened = context.new_page()
    opened.goto(server)
    yield opened
    context.close()


def ask(page: Page, question: str) -> None:
    box = page.locator("#vraag textarea")
    box.fill(question)
    box.press("Enter")


def test_a_typed_question_shows_its_answer_and_opens_its_source(page: Page) -> None:
    ask(page, "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?")
    answer = page.locator(".antwoord.answered").last
    expect(answer).to_contain_text("17 januari 2013", timeout=WAIT)
    expect(answer).to_contain_text("De laatste stuurgroep dateert van 17 januari 2013.")
    expect(answer).to_contain_text("Antwoord 6")
    page.screenshot(path=ARTIFACTS / "antwoord.png")
    with page.expect_popup() as popup:
        answer.get_by_role("link").first.click()
    source = popup.value
    mark = source.locator("mark#citaat")
    expect(mark).to_contain_text("De laatste stuurgroep dateert van 17 januari 2013.")
    expect(mark).to_be_in_viewport()
    source.screenshot(path=ARTIFACTS / "bron.png")


def test_an_abstention_looks_like_one(page: Page) -> None:
    ask(page, "Wat is de hoofdstad van Peru?")
    refusal = page.locator(".antwoord.abstained").last
    expect(refusal).to_contain_text("Niet gevonden", timeout=WAIT)
    expect(refusal).to_contain_text("Ik vind dit niet in de documenten.")
    expect(refusal).to_contain_text("Dit is geen antwoord.")
    page.screenshot(path=ARTIFACTS / "niet-gevonden.png")


def test_a_follow_up_is_understood_from_the_question_before(page: Page) -> None:
    ask(page, "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?")
    expect(page.locator(".antwoord").last).to_contain_text("Bronnen", timeout=WAIT)
    ask(page, "En wie was de eerste?")
    expect(page.locator(".antwoord").nth(1)).to_contain_text("Begrepen als", timeout=WAIT)
    expect(page.locator(".antwoord").nth(1)).to_contain_text("Luc Sels")


def test_an_example_question_can_be_clicked(page: Page) -> None:
    page.get_by_role("button", name="Hoeveel sectorale partnerschappen zijn er?").click()
    expect(page.locator(".antwoord").last).to_contain_text("17", timeout=WAIT)


def test_typed_html_is_shown_and_not_run(page: Page) -> None:
    ask(page, "<img src=x onerror=\"document.title='gekraakt'\"> wie is voorzitter?")
    expect(page.locator(".antwoord").last).to_be_visible(timeout=WAIT)
    expect(page.locator(".vraag").last).to_contain_text("<img src=x")
    assert page.locator(".vraag img").count() == 0
    assert page.title() != "gekraakt"


@pytest.mark.parametrize(
    ("path", "shown"), [("/", "#vraag textarea"), ("/docs", ".opblock"), ("/documents", "main tbody tr")]
)
def test_pages_make_no_request_to_another_origin(
    browser: Browser, server: str, path: str, shown: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(server + path)
    expect(page.locator(shown).first).to_be_visible(timeout=WAIT)
    context.close()
    assert [url for url in urls if not url.startswith((server, "data:", "blob:"))] == []
