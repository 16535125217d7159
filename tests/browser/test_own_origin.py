"""The pages ask nothing of any other server."""

import pytest
from playwright.sync_api import BrowserContext, Request, expect


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "#welkom h2"),
        ("/docs", ".opblock"),
        ("/documents", "main tbody tr"),
        ("/documents/vlaams-partnerschap-duaal-leren", "main section"),
        ("/toegankelijkheid", "main h2"),
    ],
)
def test_a_page_makes_requests_to_its_own_server_only(
    visitor: BrowserContext, chat_url: str, path: str, shown: str
) -> None:
    sent: list[Request] = []
    page = visitor.new_page()
    page.on("request", lambda request: sent.append(request))
    page.goto(chat_url + path)
    expect(page.locator(shown).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    own = (f"{chat_url}/", "data:", "blob:")
    assert [request.url for request in sent if not request.url.startswith(own)] == []
