"""Generated requests against a real server with keys: whatever is sent, it keeps to its contract.

``make fuzz`` sends thousands and tells what came back.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CheckContext
from schemathesis.core.transport import Response
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import negative_data_rejection

from assistant import wording
from assistant.api import contract_text
from assistant.api_keys import Right, new_key, write_keys
from assistant.asking import InvalidQuestion, clean_question
from assistant.contract import LONGEST_QUESTION
from assistant.description import EVENT_STREAM
from assistant.documents import Kind
from conftest import Serving

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
"""Random requests for each operation that takes anything, besides the systematic ones."""

KNOWN = {
    "questions": [*wording.EXAMPLES, "Wie is de burgemeester van Gent?", "En wie was de eerste?"],
    "documents": ["antwoord-excellente-partnerschappen", "overeenkomst-vdab-vvsg-2017"],
    "kinds": [kind.value for kind in Kind],
    "parties": ["VDAB", "VVSG", "GO!"],
    "models": ["partnerschapsassistent", "partnerschapsassistent-extractive"],
}
"""Values with which requests are about something, by what they are."""

USED_FOR = {
    "questions": ("body.question", "body.messages[*].content", "query.q"),
    "documents": ("body.filters.documents[*]", "query.document", "path.document"),
    "kinds": ("body.filters.kinds[*]", "query.kind"),
    "parties": ("body.filters.parties[*]", "query.party"),
    "models": ("path.model",),
}

REFUSED_THOUGH_VALID = (
    wording.EMPTY_QUESTION,  # only spaces or characters that nobody sees
    wording.UNKNOWN_FILTER,  # which documents and parties there are changes with the corpus
    wording.REVERSED_DATES,  # two fields that contradict each other
    wording.NO_LLM,  # depends on the settings of the server
    wording.NO_USER_MESSAGE,  # of the messages at least one is the user's
    wording.ONLY_TEXT,  # and the last of those holds text only
    wording.TOO_LARGE,  # every field may be at its limit, but not all of them together
    wording.LONG_QUESTION,  # of a conversation in OpenAI's shape any length may be sent
)
"""Why requests that fit the document are refused all the same: what JSON Schema cannot say."""

_REFUSAL = re.compile(
    "|".join(re.sub(r"\\{\w+\\}", ".*", re.escape(text)) for text in REFUSED_THOUGH_VALID),
    re.DOTALL,
)

SECRET, KEY = new_key("fuzzing", Right)
AUTHORIZATION = {"Authorization": f"Bearer {SECRET}"}


def load() -> BaseSchema:
    """The contract as a server with keys gives it, ready to make requests from."""
    document = json.loads(contract_text())
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["security"] = [
                accepted for accepted in operation.get("security", ()) if accepted
            ]
    parameters = {
        parameter: {"dictionary": name, "probability": 0.5}
        for name, used in USED_FOR.items()
        for parameter in used
    }
    config = {
        "headers": AUTHORIZATION,
        "dictionaries": {name: {"values": values} for name, values in KNOWN.items()},
        "parameters": parameters,
        "generation": {"with-security-parameters": False},  # it would make up a second key
        "checks": {
            "negative_data_rejection": {"expected-statuses": [400, 404, 405, 413, 422]},
            # ``valid_data_is_accepted`` is stricter.
            "positive_data_acceptance": {"enabled": False},
        },
    }
    return schemathesis.openapi.from_dict(document, config=schemathesis.Config.from_dict(config))


@pytest.fixture(scope="module")
def guarded(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that wants a key."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    write_keys(path, [KEY])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSISTANT_KEYS", str(path))
        patch.setenv("ASSISTANT_LOG_LEVEL", "warning")
        with serving() as (_, port):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def sent() -> Iterator[Counter[tuple[str, int]]]:
    """Counts requests by operation and status, and tells."""
    counted: Counter[tuple[str, int]] = Counter()
    yield counted
    statuses: Counter[int] = Counter()
    for (_, status), count in counted.items():
        statuses[status] += count
    errors = sum(count for status, count in statuses.items() if status >= 500)
    lines = [f"{statuses.total()} requests, {errors} server errors", "by status:"]
    lines += [f"  {status}: {count}" for status, count in sorted(statuses.items())]
    lines += ["by operation and status:"]
    lines += [f"  {name} {status}: {count}" for (name, status), count in sorted(counted.items())]
    print("", *lines, sep="\n")  # noqa: T201  for ``make fuzz``


contract = load()


@contract.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,  # an answer takes what it takes
    derandomize="FUZZ_EXAMPLES" not in os.environ,  # the test is the same for everybody
    suppress_health_check=list(HealthCheck),
)
def test_the_server_keeps_to_its_contract(
    case: schemathesis.Case, guarded: str, sent: Counter[tuple[str, int]]
) -> None:
    # Every other question to /v1/ask asks for a stream, for which there is no field.
    is_streamed = case.path == "/v1/ask" and len(json.dumps(case.body, default=str)) % 2
    headers = {"Accept": EVENT_STREAM} if is_streamed else None
    response = case.call(base_url=guarded, headers=headers)
    sent[case.operation.label, response.status_code] += 1
    case.validate_response(
        response,
        additional_checks=[valid_data_is_accepted, streams_end_well],
        excluded_checks=[negative_data_rejection] if is_shortened(case) else [],
        headers=AUTHORIZATION,
        transport_kwargs={"base_url": guarded},
    )


def is_shortened(case: schemathesis.Case) -> bool:
    """Whether a question is too long only because of what is cleaned away; it is answered then."""
    body = case.body if isinstance(case.body, dict) else {}
    question = body.get("question") or (case.query or {}).get("q")
    try:
        is_long = isinstance(question, str) and len(question) > LONGEST_QUESTION
        return is_long and bool(clean_question(question))
    except InvalidQuestion:
        return False


def valid_data_is_accepted(_: CheckContext, response: Response, case: schemathesis.Case) -> None:
    """A request that fits the document is refused only for a reason that it cannot express."""
    assert case.meta
    if case.meta.generation.mode.is_positive and response.status_code in (400, 413, 422):
        told = response.json()
        detail = told["error"]["message"] if "error" in told else told["detail"]
        assert _REFUSAL.fullmatch(detail), detail


def streams_end_well(_: CheckContext, response: Response, case: schemathesis.Case) -> None:
    """The last event says that it is the last; ``response_schema_conformance`` checks each."""
    if response.headers.get("content-type", [""])[0].startswith(EVENT_STREAM):
        last = response.content.decode().strip().split("\n\n")[-1]
        assert last.startswith("event: done\n") or last == "data: [DONE]"
