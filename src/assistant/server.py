"""Runs the API and the chat on one port."""

import logging

import uvicorn
from fastapi import FastAPI

from assistant.assembly import LiveAssistant
from assistant.settings import Settings

GRACE_SECONDS = 10
"""How long requests in progress may take after a request to stop."""


class ServerError(Exception):
    """The server could not start; the message says why."""


def build_app(settings: Settings) -> FastAPI:
    """The whole app: API, document pages and chat."""
    from assistant.api import create_app
    from assistant.chat import mount_chat

    live = LiveAssistant(settings)
    live.start_loading()
    return mount_chat(create_app(live), live)


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM), then finish what was accepted.

    Raises ``ServerError`` when the address cannot be used.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    config = uvicorn.Config(
        build_app(settings),
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=GRACE_SECONDS,
        access_log=False,
    )
    server = uvicorn.Server(config)
    try:
        server.run()
    except SystemExit as error:  # uvicorn has logged why it cannot listen
        raise ServerError(
            f"cannot serve on {settings.host}:{settings.port}; is it in use?"
        ) from error
