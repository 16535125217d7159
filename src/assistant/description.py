"""The OpenAPI document of the API: what FastAPI derives from the routes, made complete.

FastAPI knows parameters, bodies and good responses. Added here: problems, headers, examples and
event streams, and Dutch descriptions of every schema and field. Examples come from
``examples.json``, where each is kept by the id of its operation.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.sse import format_sse_event
from pydantic.json_schema import models_json_schema

from assistant import problems, wording
from assistant.admission import Overloaded
from assistant.asking import InvalidQuestion
from assistant.contract import EVENTS, Problem
from assistant.documents import FrozenModel
from assistant.envelope import REQUEST_ID
from assistant.openai_contract import MODELS, Chunk, ErrorOut
from assistant.problems import Refused, refusal

GUARDED = (401, 403, 429, 500, 503)
"""Statuses that every operation behind ``access`` may answer with."""

EVENT_STREAM = "text/event-stream"

_EXAMPLE_PATH, _EXAMPLE_ID = "/v1/ask", "5fe90b3d127d49aaa868ddab94b3c098"
_REF = "#/components/{kind}/{name}"
_SCHEMA_REF = "#/components/schemas/{model}"
_CHALLENGED, _TIMED = (401, 403), (429, 503)
_DERIVED_ERRORS = ("HTTPValidationError", "ValidationError")
_EVENTS: dict[str, type[FrozenModel]] = {**EVENTS, "error": Problem}
_UNLISTED: tuple[type[FrozenModel], ...] = (*_EVENTS.values(), Chunk, ErrorOut)
"""Models that no route returns as its own."""


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems of a route, for its ``responses``."""
    return {status: _ref("responses", f"Problem{status}") for status in statuses}


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same for a route whose errors have OpenAI's shape."""
    return {status: _ref("responses", f"Error{status}") for status in statuses}


def ask_response() -> dict[str, Any]:
    """The good response of a question, which may also come as events."""
    events = [
        {"properties": {"event": {"const": name}, "data": _as_json(model)}, "required": ["event"]}
        for name, model in _EVENTS.items()
    ]
    return _or_stream(f"Het antwoord. {wording.EVENT_STREAM}", events)


def completion_response() -> dict[str, Any]:
    """The same for OpenAI's clients."""
    told = (_as_json(Chunk), _as_json(ErrorOut), {"const": "[DONE]"})
    events = [{"properties": {"data": data}} for data in told]
    return _or_stream(f"Het antwoord. {wording.CHUNK_STREAM}", events)


def describe(app: FastAPI) -> None:
    """Complete the OpenAPI document of an app."""
    derive = app.openapi

    def described() -> dict[str, Any]:
        document = derive()
        components = document["components"]
        components |= {"responses": _responses(), "headers": _headers()}
        components["schemas"] = _schemas(components["schemas"])
        for operation in _operations(document):
            _tidy_responses(operation)
            _add_headers(operation)
            _add_examples(operation)
        return document

    app.openapi = described  # type: ignore[method-assign]  # the way FastAPI documents


def as_text(document: Mapping[str, Any]) -> str:
    """An OpenAPI document as a file holds it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _ref(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(kind=kind, name=name)}


def _as_json(model: type[FrozenModel]) -> dict[str, Any]:
    schema = _ref("schemas", model.__name__)
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}


def _or_stream(description: str, events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """With the schema of one event, as OpenAPI 3.1 has none for a stream of them."""
    event = {"type": "object", "required": ["data"], "anyOf": events}
    return {"description": description, "content": {EVENT_STREAM: {"schema": event}}}


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


# Problems


def _tidy_responses(operation: dict[str, Any]) -> None:
    """By status, without the 422 that FastAPI adds and ``problems`` never lets through."""
    operation["responses"] = {
        status: response
        for status, response in sorted(operation["responses"].items())
        if status != "422" or "$ref" in response
    }


def _refusals() -> dict[int, dict[str, Refused]]:
    """What each status may mean, by a short name."""
    unknown = wording.UNKNOWN_FILTER.format(name="kinds", values="brief", choices="…")
    missing = wording.INVALID_FIELD.format(field="body.question", reason=wording.MISSING_FIELD)
    document = wording.UNKNOWN_DOCUMENT.format(document="bestaat-niet")
    scope = wording.MISSING_SCOPE.format(scope="ask")
    return {
        400: {"onleesbaar": Refused(problems.UNREADABLE, wording.UNREADABLE)},
        401: {
            "geen sleutel": Refused(problems.NO_KEY, wording.KEY_NEEDED),
            "onbekende sleutel": Refused(problems.NO_KEY, wording.UNKNOWN_KEY),
        },
        403: {"recht": Refused(problems.NOT_ALLOWED, scope)},
        404: {"document": Refused(problems.NOT_FOUND, document)},
        413: {"te groot": Refused(problems.TOO_LARGE, wording.TOO_LARGE)},
        422: {
            "veld": Refused(problems.INVALID, missing, field="question"),
            "lege vraag": refusal(InvalidQuestion(wording.EMPTY_QUESTION)),
            "filter": refusal(InvalidQuestion(unknown)),
        },
        429: {"te veel": Refused(problems.TOO_MANY, wording.TOO_MANY.format(seconds=12))},
        500: {"onverwacht": Refused(problems.UNEXPECTED, wording.UNEXPECTED)},
        503: {
            "overbelast": refusal(Overloaded()),
            "geen index": Refused(problems.UNAVAILABLE, wording.INDEX_MISSING),
        },
    }


def _openai_refusals() -> dict[int, dict[str, Refused]]:
    """The same where invalid values are unreadable too, and what may be missing is a model."""
    refusals = _refusals()
    del refusals[422]
    refusals[400] |= {
        "geen vraag": Refused(problems.INVALID, wording.NO_USER_MESSAGE, field="messages"),
        "lege vraag": refusal(InvalidQuestion(wording.EMPTY_QUESTION)),
    }
    unknown = wording.UNKNOWN_MODEL.format(model="gpt", choices=", ".join(MODELS))
    refusals[404] = {"model": Refused(problems.NO_MODEL, unknown, field="model")}
    return refusals


def _responses() -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = {}
    for status, refusals in _refusals().items():
        told = {
            name: problems.describe(refused, _EXAMPLE_PATH, _EXAMPLE_ID)
            for name, refused in refusals.items()
        }
        described[f"Problem{status}"] = _response(status, problems.MEDIA_TYPE, Problem, told)
    for status, refusals in _openai_refusals().items():
        errors = {name: problems.describe_for_openai(error) for name, error in refusals.items()}
        described[f"Error{status}"] = _response(status, "application/json", ErrorOut, errors)
    return described


def _response(
    status: int, media_type: str, model: type[FrozenModel], told: Mapping[str, FrozenModel]
) -> dict[str, Any]:
    names = [REQUEST_ID]
    names += ["WWW-Authenticate"] if status in _CHALLENGED else []
    names += ["Retry-After"] if status in _TIMED else []
    examples = {name: {"value": example.model_dump()} for name, example in told.items()}
    return {
        "description": wording.PROBLEM_STATUSES[status],
        "headers": {name: _ref("headers", name) for name in names},
        "content": {media_type: {"schema": _ref("schemas", model.__name__), "examples": examples}},
    }


# Headers and schemas


def _headers() -> dict[str, dict[str, Any]]:
    return {
        name: {"description": text, "required": True, "schema": {"type": "string"}}
        for name, text in wording.HEADERS.items()
    }


def _add_headers(operation: dict[str, Any]) -> None:
    for response in operation["responses"].values():
        if "$ref" not in response:
            response["headers"] = {REQUEST_ID: _ref("headers", REQUEST_ID)}


def _schemas(derived: dict[str, Any]) -> dict[str, Any]:
    """Those that FastAPI found and ``_UNLISTED``, every one of them described in Dutch."""
    models = dict.fromkeys(_UNLISTED)
    _, unlisted = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_SCHEMA_REF
    )
    schemas = dict(sorted((unlisted["$defs"] | derived).items()))
    for name in _DERIVED_ERRORS:
        schemas.pop(name, None)
    for name, schema in schemas.items():
        schema["description"] = wording.SCHEMAS.get(name, "")
        for field, described in schema.get("properties", {}).items():
            own = wording.FIELDS.get(f"{name}.{field}")
            described["description"] = own or wording.FIELDS.get(field, "")
    return schemas


# Examples


@cache
def _examples() -> dict[str, dict[str, Any]]:
    text = files("assistant").joinpath("examples.json").read_text(encoding="utf-8")
    examples: dict[str, dict[str, Any]] = json.loads(text)
    return examples


def _add_examples(operation: dict[str, Any]) -> None:
    for name, example in _examples().get(operation["operationId"], {}).items():
        told = operation["responses"][str(example.get("status", 200))]["content"]
        if "request" in example:
            asked = operation["requestBody"]["content"]
            _show(asked["application/json"], name, example, example["request"])
        if "response" in example:
            [media_type] = told.keys() - {EVENT_STREAM}
            _show(told[media_type], name, example, example["response"])
        if "events" in example:
            events = "".join(map(_event, example["events"]))
            _show(told[EVENT_STREAM], name, example, events)


def _show(content: dict[str, Any], name: str, example: Mapping[str, Any], value: Any) -> None:
    shown = {"summary": example["summary"], "value": value}
    content.setdefault("examples", {})[name] = shown


def _event(event: Mapping[str, Any]) -> str:
    data = event["data"]
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return format_sse_event(event=event.get("event"), data_str=text).decode()
