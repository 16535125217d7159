"""Content-Security-Policy of every page with scripts: which of them a browser may run.

Gradio writes its configuration into the page as inline scripts that differ per request, so the
policy of a page lists the hashes of exactly the scripts that the server put there. Gradio's styles
need ``'unsafe-inline'``; ``'unsafe-eval'`` it needs only for ``gr.HTML`` and ``js=``, which the
chat does not use.
"""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "Content-Security-Policy"

_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
    "manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)


def policy_for(page: bytes) -> str:
    """The policy under which this HTML page works and nothing that is added to it runs."""
    scripts = dict.fromkeys(_INLINE_SCRIPT.findall(page))
    digests = (base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts)
    return _POLICY.format(hashes="".join(f" 'sha256-{digest}'" for digest in digests))


class ContentPolicy:
    """ASGI layer that gives HTML pages without a policy of their own the one that fits them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only the body of an HTML page is held until it is complete."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = bytearray()

        async def send_with_policy(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _lacks_policy(message):
                start = message
                return
            if start is None:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            MutableHeaders(scope=start)[HEADER] = policy_for(bytes(body))
            await send(start)
            await send({"type": "http.response.body", "body": bytes(body)})

        await self._app(scope, receive, send_with_policy)


def _lacks_policy(message: Message) -> bool:
    headers = MutableHeaders(scope=message)
    return headers.get("content-type", "").startswith("text/html") and HEADER not in headers
