"""Take the screenshots of this folder: ``make screenshots``.

Starts a server over ``corpus/`` with an index and a feedback file of its own, drives Chromium
through what a user sees, and leaves a PNG for each view here. Look at them before you commit them.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from assistant.evaluation.bench import free_port, wait_until_ready

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WIDE: dict[str, Any] = {"locale": "nl-BE", "viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = WIDE | {"viewport": {"width": 390, "height": 844}}
ZOOMED: dict[str, Any] = WIDE | {
    "viewport": {"width": 640, "height": 400},
    "device_scale_factor": 2,
}

FIRST = "Wie is de voorzitter van het Vlaams Partnerschap Duaal Leren?"
DATED = "Wanneer vond de laatste stuurgroep excellente partnerschappen plaats?"


@contextmanager
def served() -> Iterator[str]:
    """The URL of a running server."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        places = {
            "ASSISTANT_CORPUS": str(ROOT / "corpus"),
            "ASSISTANT_INDEX": f"{folder}/index",
            "ASSISTANT_FEEDBACK": f"{folder}/feedback.jsonl",
        }
        command = [sys.executable, "-m", "assistant.cli"]
        environment = os.environ | places
        subprocess.run([*command, "index"], env=environment, check=True)
        server = subprocess.Popen([*command, "serve", "--port", str(port)], env=environment)
        try:
            wait_until_ready(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


@contextmanager
def opened(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page of somebody who was never there."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()


def ask(page: Page, question: str, refined: bool = False) -> None:
    """Ask and wait for the answer, and for the next questions if they are to be seen."""
    page.locator("#welkom h2").wait_for(state="attached")
    asked = page.locator(".antwoord").count()
    page.locator("#vraag textarea").fill(question)
    page.locator("#vraag textarea").press("Enter")
    page.locator(".antwoord").nth(asked).wait_for()
    if refined:
        page.locator(".verfijnen").last.wait_for()
    page.wait_for_timeout(600)  # scrolling ends


def open_source(page: Page) -> None:
    """Open the first source of the last answer."""
    page.locator(".antwoord").last.locator("ol a.bronlink").first.click()
    page.frame_locator("#bron-blad").locator("mark").first.wait_for()
    page.wait_for_timeout(600)


def take(page: Page, name: str) -> None:
    """Save what is in view."""
    page.screenshot(path=HERE / f"{name}.png")


def take_all(browser: Browser, url: str) -> None:
    """Every view, each in a fresh context."""
    with opened(browser, url, **WIDE) as page:
        page.locator("#welkom h2").wait_for()
        take(page, "eerste-bezoek")
        ask(page, DATED, refined=True)
        open_source(page)
        take(page, "antwoord-met-bron")
    with opened(browser, url, **WIDE) as page:
        ask(page, "Wat is de hoofdstad van Peru?")
        take(page, "niet-gevonden")
    with opened(browser, url, **WIDE) as page:
        ask(page, FIRST)
        ask(page, "En wie was de eerste?", refined=True)
        take(page, "vervolgvraag")
    with opened(browser, f"{url}/documents", **WIDE) as page:
        take(page, "documenten")
    with opened(browser, url, **WIDE, color_scheme="dark") as page:
        ask(page, FIRST, refined=True)
        open_source(page)
        take(page, "donker")
    for name, options in (("telefoon", PHONE), ("zoom-200", ZOOMED)):
        with opened(browser, url, **options) as page:
            ask(page, DATED)
            take(page, name)


def main() -> None:
    """Take them all."""
    program = shutil.which("chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        take_all(browser, url)
        browser.close()


if __name__ == "__main__":
    main()
