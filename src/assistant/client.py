"""A typed client of the HTTP API for other Python programs; it needs no model and no index.

::

    with Client("http://127.0.0.1:7860") as client:
        answer = client.ask("Welke opzegtermijn geldt voor de overeenkomst VDAB–VVSG?")
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from httpx_sse import EventSource, SSEError
from pydantic import TypeAdapter, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter, wait_random

from assistant.contract import (
    EVENTS,
    AskIn,
    DocumentOut,
    DoneEvent,
    Event,
    FiltersIn,
    FullDocumentOut,
    HealthOut,
    Problem,
    SearchOut,
    TurnIn,
    sendable,
)
from assistant.documents import Answer, wrong_fields
from assistant.parallel import in_order

LONGEST_WAIT = 60.0
"""Seconds of ``Retry-After`` that the client waits; beyond it the error is raised at once."""

LONGEST_ECHO = 300
"""Characters that an error repeats of a response without problem details."""

KEY_VARIABLE = "ASSISTANT_API_KEY"
"""Environment variable with the key to send where none is given."""

Answerer = Literal["extractive", "llm"]
T = TypeVar("T")

_JSON = {"Content-Type": "application/json"}
_BROKEN = (
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ConnectTimeout,
)
_BACKOFF = wait_exponential_jitter(multiplier=0.25, max=8, jitter=0.25)
_JITTER = wait_random(0, 1)  # clients that were refused together should not come back together
_REDIRECTED = "Give the client the URL that it redirects to."
_ADVICE = dict.fromkeys((301, 302, 303, 307, 308), _REDIRECTED) | {
    400: "Correct the request.",
    401: "Give the client a valid api_key.",
    403: "Use an api_key that has the right for this.",
    404: "Check the id against documents(), and the URL of the server.",
    413: "Send a shorter question or history.",
    422: "Correct the request.",
    429: "Ask less often.",
    503: "Try again later.",
}


class ClientError(Exception):
    """Base of what a client raises; the message says what happened and what to do."""


class InvalidRequest(ClientError):
    """The input does not fit the contract of the API; nothing was sent."""


class ServerUnreachable(ClientError):
    """There was no connection, it broke off, or it stayed silent for too long."""


class UnexpectedResponse(ClientError):
    """What answered does not speak this API."""


class ApiError(ClientError):
    """The server refused the request, or failed.

    ``problem.detail`` is Dutch and may be shown to a user; its ``type`` is ``about:blank`` where
    something before the server, such as a proxy, answered. ``retry_after`` is how many seconds
    to wait before a new attempt, where the server says so.
    """

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(problem, retry_after)
        self.problem, self.retry_after = problem, retry_after

    def __str__(self) -> str:
        """English, with the Dutch title and detail in it."""
        problem = self.problem
        advice = _ADVICE.get(problem.status, "Report it to whoever runs the server.")
        known = f" Request id: {problem.request_id}." if problem.request_id else ""
        return (
            f"{problem.instance} ended in status {problem.status} "
            f"({problem.title}: {problem.detail}) {advice}{known}"
        )


class Client:
    """Asks a server; may be shared by threads, and is closed by ``with`` or ``close``.

    ``api_key`` comes from the environment variable ``ASSISTANT_API_KEY`` where none is given.
    ``timeout`` is how many seconds the server may stay silent. A request that meets a broken
    connection, 429 or 503 is sent again up to ``retries`` times, after what ``Retry-After`` says
    or an ever longer pause; every request only reads, so that is safe. Everything here may raise
    ``ClientError``.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        timeout: float = 60,
        retries: int = 3,
    ) -> None:
        key = _checked_key(os.environ.get(KEY_VARIABLE, "") if api_key is None else api_key)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = base_url.rstrip("/")
        with _explained(self._url):
            self._http = httpx.Client(base_url=self._url, headers=headers, timeout=timeout)
        self._retrying = Retrying(
            stop=stop_after_attempt(retries + 1),
            wait=_wait,
            retry=retry_if_exception(_is_worth_retrying),
            reraise=True,
        )

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def ask(
        self,
        question: str,
        history: Sequence[TurnIn] = (),
        filters: FiltersIn | None = None,
        answerer: Answerer | None = None,
    ) -> Answer:
        """The answer to a question; an abstention is an answer too."""
        return self._ask(_ask_in(question, history, filters, answerer))

    def ask_many(
        self, questions: Iterable[str | AskIn], at_once: int = 4
    ) -> Iterator[tuple[int, Answer | ClientError]]:
        """The answers to many questions, ``at_once`` asked together, in order, with their index.

        A question that fails yields its error, and the others are still asked.
        """

        def one(asked: str | AskIn) -> Answer | ClientError:
            try:
                return self.ask(asked) if isinstance(asked, str) else self._ask(asked)
            except ClientError as error:
                return error

        yield from enumerate(in_order(one, questions, at_once))

    def stream(
        self,
        question: str,
        history: Sequence[TurnIn] = (),
        filters: FiltersIn | None = None,
        answerer: Answerer | None = None,
    ) -> Iterator[Event]:
        """The steps towards an answer, each as soon as the server has it, and last ``DoneEvent``.

        Close the iterator to stop early. Once the first event came, nothing is retried.
        """
        request = self._request(
            "POST",
            "/v1/ask",
            content=_body(_ask_in(question, history, filters, answerer)),
            headers=_JSON | {"Accept": "text/event-stream"},
        )
        with _explained(self._url):
            response = self._retrying(_accepted, lambda: self._http.send(request, stream=True))
            with closing(response):
                yield from _events(response)

    def search(self, query: str, k: int = 10, filters: FiltersIn | None = None) -> SearchOut:
        """The ``k`` passages nearest to a query, best first."""
        request = self._request("GET", "/v1/search", params=_params(query, k, filters))
        return self._call(request, SearchOut)

    def documents(self) -> list[DocumentOut]:
        """All documents, without their text."""
        return self._call(self._request("GET", "/v1/documents"), list[DocumentOut])

    def document(self, document: str) -> FullDocumentOut:
        """One document with its text, which the offsets of citations point into."""
        path = f"/v1/documents/{quote(document, safe='', errors='replace')}"
        return self._call(self._request("GET", path), FullDocumentOut)

    def ready(self) -> HealthOut:
        """Whether the server can answer now: ``status`` is ``ready``, or ``detail`` says why not.

        Never retries.
        """
        with _explained(self._url):
            response = self._http.get("/readyz")
        if response.status_code not in (200, 503):
            raise _api_error(response)
        return _parsed(response, HealthOut)

    def _ask(self, asked: AskIn) -> Answer:
        request = self._request("POST", "/v1/ask", content=_body(asked), headers=_JSON)
        return self._call(request, Answer)

    def _request(self, method: str, path: str, **parts: Any) -> httpx.Request:
        try:
            return self._http.build_request(method, path, **parts)
        except httpx.InvalidURL as error:
            raise InvalidRequest(f"Not sent: {error}. Send a shorter text.") from error

    def _call(self, request: httpx.Request, kind: type[T]) -> T:
        with _explained(self._url):
            response = self._retrying(_accepted, lambda: self._http.send(request))
        return _parsed(response, kind)


def _checked_key(key: str) -> str:
    stripped = key.strip()
    if not (stripped.isascii() and stripped.isprintable()):  # a header could not carry it
        raise InvalidRequest("The api_key holds characters that no key has; copy it anew.")
    return stripped


def _ask_in(
    question: str,
    history: Sequence[TurnIn],
    filters: FiltersIn | None,
    answerer: Answerer | None,
) -> AskIn:
    try:
        return AskIn(
            question=question,
            history=list(history),
            filters=filters or FiltersIn(),
            answerer=answerer,
        )
    except ValidationError as error:
        wrong = wrong_fields(error)
        raise InvalidRequest(f"The question was not sent. Correct {wrong}.") from error


def _body(asked: AskIn) -> bytes:
    """As ASCII, which can hold half a surrogate pair too."""
    return json.dumps(asked.model_dump(mode="json", exclude_defaults=True)).encode()


def _params(query: str, k: int, filters: FiltersIn | None) -> dict[str, Any]:
    chosen = (filters or FiltersIn()).model_dump(mode="json", exclude_defaults=True)
    names = {"documents": "document", "kinds": "kind", "parties": "party"}
    return {"q": sendable(query), "k": k} | {names.get(n, n): value for n, value in chosen.items()}


def _accepted(send: Callable[[], httpx.Response]) -> httpx.Response:
    """A good response. Raises ``ApiError`` for any other, and what ``httpx`` raises."""
    response = send()
    if response.status_code == httpx.codes.OK:
        return response
    with closing(response):
        response.read()
    raise _api_error(response)


def _api_error(response: httpx.Response) -> ApiError:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        problem = Problem(
            type="about:blank",
            title=response.reason_phrase,
            status=response.status_code,
            detail=response.headers.get("Location") or response.text[:LONGEST_ECHO],
            instance=response.request.url.path,
            request_id=response.headers.get("X-Request-ID", ""),
        )
    return ApiError(problem, _retry_after(response.headers.get("Retry-After", "")))


def _retry_after(value: str) -> float | None:
    """Seconds, from either form that HTTP allows."""
    if value.isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(
        0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    )


def _is_worth_retrying(error: BaseException) -> bool:
    """Whether the same request may do better in a moment."""
    if isinstance(error, ApiError):
        return error.problem.status in (429, 503) and (error.retry_after or 0) <= LONGEST_WAIT
    return isinstance(error, _BROKEN)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, ApiError) and error.retry_after is not None:
        return error.retry_after + _JITTER(state)
    return _BACKOFF(state)


def _parsed(response: httpx.Response, kind: type[T]) -> T:
    try:
        return TypeAdapter(kind).validate_json(response.content)
    except ValidationError as error:
        raise _not_ours(response) from error


def _not_ours(response: httpx.Response) -> UnexpectedResponse:
    return UnexpectedResponse(f"{response.url} does not speak this API; correct the URL.")


def _events(response: httpx.Response) -> Iterator[Event]:
    """Every event up to ``done``; one of a name that is not known is passed over."""
    try:
        for told in EventSource(response).iter_sse():
            if told.event == "error":
                raise ApiError(Problem.model_validate_json(told.data))
            if told.event in EVENTS:
                event = EVENTS[told.event].model_validate_json(told.data)
                yield event
                if isinstance(event, DoneEvent):
                    return
    except (SSEError, ValidationError) as error:
        raise _not_ours(response) from error
    raise ServerUnreachable(f"{response.url} broke off before the end; ask again.")


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turn what ``httpx`` raises into ``ClientError`` with advice."""
    try:
        yield
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise ServerUnreachable(
            f"{url} is no URL of a server ({error}); give the URL with http:// or https://."
        ) from error
    except httpx.TimeoutException as error:
        raise ServerUnreachable(
            f"{url} did not answer in time; try again later, or give the client a longer timeout."
        ) from error
    except httpx.TransportError as error:
        raise ServerUnreachable(
            f"{url} does not answer ({error}); start the server or correct the URL."
        ) from error
    except httpx.RequestError as error:
        raise UnexpectedResponse(f"{url} sent what cannot be decoded ({error}).") from error
