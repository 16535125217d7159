"""Runs the API and the chat on one port, in one process or several."""

import logging
from functools import partial

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE

from assistant import logs
from assistant.draining import DrainingServer
from assistant.rate_limits import StorageUnavailable, check_storage
from assistant.settings import Settings
from assistant.workers import WorkerFailed, run_workers

HUNG_SECONDS = 30
"""A worker that is silent for so long is replaced; loading the models on a busy machine takes
less."""

_log = logging.getLogger(__name__)


class ServerError(Exception):
    """The server could not start; the message says why."""


def build_app(settings: Settings) -> FastAPI:
    """The whole app: API, document pages and chat."""
    from assistant.api import create_app
    from assistant.chat import mount_chat
    from assistant.service import Service

    service = Service(settings)
    return mount_chat(create_app(service))


def serve(settings: Settings) -> None:
    """Serve until told to stop (SIGINT or SIGTERM), then finish what was accepted.

    Raises ``ServerError`` when the address, or the storage of the rates, cannot be used.
    """
    logs.set_up(settings)
    _log.info("Chat: http://%s:%d/  API: /v1  docs: /docs", settings.host, settings.port)
    _check_storage(settings)
    config = _configure(settings)
    try:
        listening = config.bind_socket()
    except SystemExit as error:  # uvicorn has logged why it cannot listen
        raise ServerError(
            f"cannot serve on {settings.host}:{settings.port}; is it in use?"
        ) from error
    try:
        if settings.workers > 1:
            run_workers(config, listening)
        else:
            DrainingServer(config).run([listening])
    except WorkerFailed as error:
        raise ServerError(str(error)) from error


def _check_storage(settings: Settings) -> None:
    """Once and here: a worker that is replaced later has to start without Redis as well."""
    url = settings.rate_storage.get_secret_value()
    try:
        if url:
            check_storage(url)
    except StorageUnavailable as error:
        raise ServerError(str(error)) from error


def _configure(settings: Settings) -> uvicorn.Config:
    build = _build_in_worker if settings.workers > 1 else _build_alone
    return uvicorn.Config(
        partial(build, settings),  # what is pickled to the workers, with what the options said
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.grace,
        timeout_worker_healthcheck=HUNG_SECONDS,
        access_log=False,
        log_config=logs.configuration(settings),
    )


def _build_alone(settings: Settings) -> FastAPI:
    """``build_app`` for the only process, which serves while it loads."""
    app = build_app(settings)
    app.state.service.live.start_loading()
    return app


def _build_in_worker(settings: Settings) -> FastAPI:
    """``build_app`` for one of several processes.

    Failure ends it with the status that stops all of them. It takes part once it can answer: until
    then questions go to those that can.
    """
    logs.set_up(settings)
    try:
        app = build_app(settings)
    except Exception as error:
        _log.exception("A worker cannot build the app")
        raise SystemExit(STARTUP_FAILURE) from error
    app.state.service.live.load()
    return app
