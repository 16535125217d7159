"""The chat page as its user drives it."""

import json
from typing import Any

from playwright.sync_api import Locator, Page, expect

WAIT = 30_000
"""Milliseconds that an answer may take on a busy machine."""

CONVERSATION = "partnerschapsassistent.gesprek."
"""How the keys of conversations in localStorage begin."""


def wait_until_shown(page: Page) -> None:
    """Wait until the scripts have everything that the page shows before the first question."""
    page.wait_for_selector("#bereik-stand:not(:empty)", state="attached", timeout=WAIT)


def reload(page: Page) -> None:
    """Load the page again, as the same visitor."""
    page.reload()
    wait_until_shown(page)


def box(page: Page) -> Locator:
    """Where a question is typed."""
    return page.locator("#vraag textarea")


def type_and_send(page: Page, question: str) -> None:
    """Type a question and press Enter, without waiting for what comes of it."""
    box(page).fill(question)
    box(page).press("Enter")


def exchanges(page: Page) -> Locator:
    """All questions of the conversation with what came of them."""
    return page.locator("#beurten > article")


def ask(page: Page, question: str) -> Locator:
    """Ask a question and wait until it has ended; gives its exchange."""
    place = exchanges(page).count()
    type_and_send(page, question)
    return ended(page, place)


def ended(page: Page, place: int) -> Locator:
    """Exchange number ``place`` (from 0), once it has ended."""
    asked = exchanges(page).nth(place)
    expect(asked.locator(".acties")).to_be_visible(timeout=WAIT)
    return asked


def progress(page: Page) -> Locator:
    """What the page says about what it is doing."""
    return page.locator("#voortgang")


def stored(page: Page) -> dict[str, Any]:
    """The conversations that the browser keeps, by id."""
    kept = page.evaluate("({ ...localStorage })")
    return {
        key.removeprefix(CONVERSATION): json.loads(value)
        for key, value in kept.items()
        if key.startswith(CONVERSATION)
    }


def only_stored(page: Page) -> dict[str, Any]:
    """The one conversation that the browser keeps."""
    (conversation,) = stored(page).values()
    return dict(conversation)


def store(page: Page, id_: str, value: Any) -> None:
    """Put something where the page keeps conversations: text as it is, the rest as JSON."""
    text = value if isinstance(value, str) else json.dumps(value)
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [CONVERSATION + id_, text])
