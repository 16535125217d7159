"""The chat page: Gradio lays it out, the scripts in ``web`` drive it.

No event of Gradio's is used, so its queue, sessions and uploads are not there: any process behind
the port can serve any request, and the server keeps nothing of a conversation.
"""

import json
import re
import zlib

import gradio as gr
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant import chat_api, problems, wording
from assistant.content_policy import ContentPolicy

_FONTS = ("system-ui", "sans-serif")
_MONO_FONTS = ("ui-monospace", "monospace")

_HEAD = (
    '<meta name="referrer" content="no-referrer">'
    '<link rel="stylesheet" href="/chat/static/chat.css">'
    '<script type="module" src="/chat/static/main.js"></script>'
)

_PAGE = re.compile(
    r"/|/theme\.css|/favicon\.ico|/manifest\.json"
    r"|/(?:assets|static|svelte)/(?!.*\.\.)\w[\w./-]{0,200}\.\w{1,9}",
    re.ASCII,
)
"""What the browser needs of Gradio. The rest (uploads, files, queue) is not served."""


def build_chat() -> gr.Blocks:
    """The layout. The scripts fill the empty columns."""
    chat: gr.Blocks = gr.Blocks(title=wording.APP_TITLE, analytics_enabled=False, fill_width=True)
    with chat:
        _mount("kop")
        with gr.Row(elem_id="werkvlak"):
            _mount("zijbalk")
            with gr.Column(elem_id="midden"):
                _mount("gesprek")
                with gr.Row(elem_id="invoer"):
                    gr.Textbox(
                        label=wording.QUESTION_LABEL,
                        placeholder=wording.QUESTION_PLACEHOLDER,
                        elem_id="vraag",
                        max_lines=6,
                        scale=8,
                    )
                    gr.Button(wording.SEND, variant="primary", elem_id="verstuur", min_width=110)
                    gr.Button(wording.STOP, elem_id="stop", min_width=110)
            _mount("bronpaneel")
        _mount("dialogen")
    chat.app_id = _id_of(chat)
    return chat


def _mount(name: str) -> None:
    with gr.Column(elem_id=name):
        pass


def _id_of(chat: gr.Blocks) -> int:
    """A page reloads itself when this changes, so it must not differ between processes."""
    config = chat.get_config_file() | {"app_id": 0}
    return zlib.crc32(json.dumps(config, default=str, sort_keys=True).encode())


def mount_chat(app: FastAPI) -> FastAPI:
    """Serve the chat at ``/`` of an app; routes that the app already has stay its own."""
    app.include_router(chat_api.router)
    app.mount("/chat/static", chat_api.Scripts())
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        build_chat(),
        path="/",
        theme=gr.themes.Default(font=_FONTS, font_mono=_MONO_FONTS),
        head=_HEAD,
        footer_links=[],
        ssr_mode=False,
        show_error=False,
        enable_monitoring=False,
        max_file_size=1,  # byte: a second lock on the uploads that are not served
    )
    page = mounted.router.routes[-1]
    gradio_app = page.app  # type: ignore[attr-defined]  # the mount of Gradio
    problems.install(gradio_app)
    page.app = _OnlyThePage(gradio_app)  # type: ignore[attr-defined]
    mounted.add_middleware(ContentPolicy)
    return mounted


class _OnlyThePage:
    """ASGI layer in front of Gradio that lets through what its page is made of."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises ``HTTPException`` for what is no part of the page."""
        path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not _PAGE.fullmatch(path):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        scope["query_string"] = b""  # Gradio would look for other pages, and for stored states
        await self._app(scope, receive, send)
