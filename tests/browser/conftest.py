"""Fixtures of the tests in a real browser: one Chromium, two servers, a new visitor each test.

They end with this folder: Playwright keeps an event loop running, and other tests start their own.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from browser.chat_page import WAIT, wait_until_shown
from browser.chat_server import ChatServer
from browser.small_corpus import SmallCorpus

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
VISITOR: dict[str, Any] = {"locale": "nl-BE", "viewport": {"width": 1400, "height": 900}}


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def feedback_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the chat's server keeps what users say of answers."""
    return tmp_path_factory.mktemp("feedback") / "feedback.jsonl"


@pytest.fixture(scope="package")
def chat(serving: Callable[..., Any], feedback_file: Path) -> Iterator[ChatServer]:
    """The server of most tests: the repository's corpus, with feedback."""
    with ChatServer(serving, ASSISTANT_FEEDBACK=str(feedback_file)) as server:
        yield server


@pytest.fixture(scope="package")
def chat_url(chat: ChatServer) -> str:
    """Where the chat is, without a slash at the end."""
    return chat.url


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallCorpus:
    """A corpus of the tests' own, which they may change."""
    return SmallCorpus(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="package")
def small_chat(serving: Callable[..., Any], small: SmallCorpus) -> Iterator[ChatServer]:
    """A server over the small corpus that takes no feedback, and that a test may kill."""
    variables = {
        "ASSISTANT_CORPUS": str(small.settings.corpus),
        "ASSISTANT_INDEX": str(small.settings.index),
        "ASSISTANT_FEEDBACK": "",
    }
    with ChatServer(serving, **variables) as server:
        yield server


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What pages complain of: errors of scripts, of the console and of the content policy.

    A test that causes some on purpose looks at them and clears the list.
    """
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture(scope="package")
def cached(browser: Browser) -> Iterator[BrowserContext]:
    """The context of the pages of most tests: loading all of Gradio for each takes too long."""
    context = browser.new_context(**VISITOR)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(WAIT)
    yield context
    context.close()


@pytest.fixture
def visitor(cached: BrowserContext, complaints: list[str]) -> Iterator[BrowserContext]:
    """A context without anything stored, whose pages may not complain."""

    def watch_page(page: Page) -> None:
        watch(page, complaints)

    cached.on("page", watch_page)
    yield cached
    cached.remove_listener("page", watch_page)
    for page in cached.pages:
        forget(page)
        page.close()
    cached.clear_cookies()


def forget(page: Page) -> None:
    """Have the browser forget what the site of a page keeps in it."""
    session = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage"})


def watch(page: Page, complaints: list[str]) -> None:
    """Note what a page complains of; Chromium tells violations of the policy in its console."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"{message.text} ({message.location['url']})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))


@pytest.fixture
def page(visitor: BrowserContext, chat_url: str) -> Page:
    """The chat, as someone sees it who was never there before."""
    page = visitor.new_page()
    page.goto(chat_url)
    wait_until_shown(page)
    return page


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser, complaints: list[str]) -> Iterator[Visit]:
    """Opens the chat at a URL in a context of its own; more options are those of a context."""
    contexts = []

    def open_chat(url: str, **options: Any) -> Page:
        context = browser.new_context(**VISITOR | options)
        contexts.append(context)
        context.on("page", lambda page: watch(page, complaints))
        page = context.new_page()
        page.goto(url)
        wait_until_shown(page)
        return page

    yield open_chat
    for context in contexts:
        context.close()
