"""How long a user of the chat waits, beside a caller of the API, on one running server.

The wait is measured inside the page, from the key that sends the question until the frame that
shows its answer, so the driver's own delays do not count.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx

from assistant.client import KEY_VARIABLE
from assistant.evaluation.cases import Case
from assistant.evaluation.load import LEADS
from assistant.evaluation.metrics.percentile import percentile
from assistant.evaluation.runner import SERVER_SECONDS, RunError

if TYPE_CHECKING:  # only who measures has it
    from playwright.sync_api import Page

CHROMIUM = "chromium"
"""The browser of the system: Playwright's own need not be installed."""

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_SUGGESTIONS = "/chat/suggestions"
_ASK = """(question) => new Promise((resolve, reject) => {
  const field = document.querySelector("#vraag textarea");
  field.value = question;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const shown = () => resolve(performance.now() - start);
  const observer = new MutationObserver(() => {
    const answer = document.querySelector("#beurten .antwoord");
    const note = document.querySelector("#beurten .melding:not([hidden])");
    if (!answer && !note) return;
    observer.disconnect();
    if (!answer) reject(new Error(note.textContent));
    requestAnimationFrame(() => requestAnimationFrame(shown)); // the second follows on a frame
  });
  const watched = { childList: true, subtree: true, attributes: true };
  observer.observe(document.getElementById("beurten"), watched);
  const start = performance.now();
  const key = { key: "Enter", bubbles: true, cancelable: true };
  field.dispatchEvent(new KeyboardEvent("keydown", key));
})"""


class Waits(NamedTuple):
    """Milliseconds for each question, in the chat and through the API."""

    chat: tuple[float, ...]
    api: tuple[float, ...]


def measure(url: str, cases: Sequence[Case], questions: int) -> Waits:
    """Ask by turns in the chat and through the API, in other words so that nothing is kept.

    Raises ``RunError`` when the server or the browser is not there.
    """
    chosen = [case.question for case in cases if not case.history][:questions]
    key = os.environ.get(KEY_VARIABLE, "")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    chat, api = [], []
    with (
        httpx.Client(base_url=url, headers=headers, timeout=SERVER_SECONDS) as http,
        _page(url) as page,
    ):
        for question in chosen:
            chat.append(_in_chat(page, LEADS[1] + question))
            api.append(_through_api(http, LEADS[2] + question))
    return Waits(tuple(chat), tuple(api))


@contextmanager
def _page(url: str) -> "Iterator[Page]":
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError as error:
        raise RunError("playwright is not installed; run `make install-dev`") from error
    program = shutil.which(CHROMIUM)
    if program is None:
        raise RunError("there is no chromium on this machine; run `make chromium`")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
            page = browser.new_page(locale="nl-BE")
            page.set_default_timeout(1000 * SERVER_SECONDS)
            page.goto(url)
            page.locator("#welkom h2").wait_for()
            yield page
            browser.close()
    except Error as error:
        raise RunError(f"the chat at {url} does not work: {error.message}") from error


def _in_chat(page: "Page", question: str) -> float:
    """The wait for one question in a new conversation; then the server is left with nothing to do.

    After an answer it looks for suggestions, which would slow down whoever comes next.
    """
    page.locator("#nieuw-gesprek").click()
    with page.expect_event("requestfinished", lambda sent: sent.url.endswith(_SUGGESTIONS)):
        return float(page.evaluate(_ASK, question))


def _through_api(http: httpx.Client, question: str) -> float:
    started = time.perf_counter()
    try:
        http.post("/v1/ask", json={"question": question}).raise_for_status()
    except httpx.HTTPError as error:
        raise RunError(f"{http.base_url} does not answer ({error})") from error
    return 1000 * (time.perf_counter() - started)


def table(waits: Waits) -> str:
    """The waits as Markdown."""
    chat, api = ([percentile(values, share) for share in (0.5, 0.95)] for values in waits)
    rows = {
        "chat, Enter to visible": chat,
        "POST /v1/ask": api,
        "difference": [one - other for one, other in zip(chat, api, strict=True)],
    }
    lines = ["| wait in ms | questions | p50 | p95 |", "|---|---|---|---|"]
    lines += [
        f"| {k} | {len(waits.chat)} | {p50:.0f} | {p95:.0f} |" for k, (p50, p95) in rows.items()
    ]
    return "\n".join(lines)
