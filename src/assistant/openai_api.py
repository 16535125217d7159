"""OpenAI's chat completions API, so that existing front ends and clients can ask the assistant.

Errors have OpenAI's shape here (``problems.OPENAI_PATHS``).
"""

import textwrap
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, cast

from anyio import to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import format_sse_event

from assistant import grounding, problems, wording
from assistant.answering import Answerer, Stage
from assistant.connection import NO_STORE, first_of, service_of, while_connected
from assistant.contract import (
    LONGEST_QUESTION,
    LONGEST_TURN_ANSWER,
    MOST_TURNS,
    sendable,
)
from assistant.description import (
    EVENT_STREAM,
    GUARDED,
    completion_response,
    error_responses,
)
from assistant.documents import Answer, Citation, FrozenModel, Quoted, Status, Turn
from assistant.embedding import bundled_model
from assistant.openai_contract import (
    EXTRACTIVE_MODEL,
    MODEL,
    MODELS,
    Annotation,
    Choice,
    Chunk,
    ChunkChoice,
    Completion,
    CompletionIn,
    Delta,
    ErrorOut,
    MessageIn,
    MessageOut,
    ModelOut,
    ModelsOut,
    UrlCitation,
    Usage,
)
from assistant.problems import INVALID, NO_MODEL, Refused
from assistant.service import Query

LONGEST_RELATED = 220
"""Characters shown of a passage that is not an answer."""

LONGEST_ECHO = 100
"""Characters of an unknown model's name that an error repeats."""

_ANSWERERS: dict[str, Answerer | None] = {MODEL: None, EXTRACTIVE_MODEL: "extractive"}

router = APIRouter(tags=["openai"], responses=error_responses(*GUARDED))


@router.get(
    "/v1/models",
    operation_id="listModels",
    summary="Lijst van modellen",
    response_description="De modellen",
)
def models() -> ModelsOut:
    """De modellen die als `model` te kiezen zijn."""
    return ModelsOut(data=tuple(ModelOut(id=name) for name in MODELS))


@router.get(
    "/v1/models/{model}",
    operation_id="getModel",
    summary="Eén model",
    response_description="Het model",
    responses=error_responses(404),
)
def model(
    model: Annotated[str, Path(description="naam van het model", examples=[MODEL])],
) -> ModelOut:
    """Een model, als het bestaat."""
    _check_model(model)
    return ModelOut(id=model)


@router.post(
    "/v1/chat/completions",
    operation_id="createChatCompletion",
    summary="Stel een vraag zoals aan OpenAI",
    response_model=Completion,
    responses={
        200: completion_response(),
        **error_responses(400, 404, 413),
    },
)
async def complete(request: Request, body: CompletionIn) -> Completion | Response:
    """Beantwoord het laatste bericht van de gebruiker, met genummerde bronnen.

    De eerdere berichten van gebruiker en assistent zijn de geschiedenis; van een lang gesprek
    tellen de laatste 50 beurten. Andere berichten en onbekende velden worden genegeerd.
    `annotations` wijst per citaat de positie van zijn `[n]` in de tekst aan; `assistant` is het
    volledige antwoord van `/v1/ask`. Met `stream` komt er pas tekst als die nagekeken is.
    """
    query = _query(body)
    service = service_of(request)
    base = str(request.base_url).rstrip("/")
    if not body.stream:
        answer = await while_connected(request, service.answer(query))
        return await _completion(answer, query, body.model, base)
    stages = service.stages(query)
    # A question that is refused gets its error, not a stream.
    first = await while_connected(request, first_of(stages))
    chunks = _chunks(first, stages, query, body, base)
    return StreamingResponse(_events(chunks), media_type=EVENT_STREAM, headers=NO_STORE)


def _check_model(name: str) -> None:
    if name not in MODELS:
        detail = wording.UNKNOWN_MODEL.format(model=name[:LONGEST_ECHO], choices=", ".join(MODELS))
        raise Refused(NO_MODEL, detail, field="model")


def _query(body: CompletionIn) -> Query:
    """What is asked. Raises ``Refused`` when the request asks for what there is not."""
    _check_model(body.model)
    if body.n not in (None, 1):
        raise Refused(INVALID, wording.ONE_ANSWER, field="n")
    last = max((at for at, m in enumerate(body.messages) if m.role == "user"), default=None)
    if last is None:
        raise Refused(INVALID, wording.NO_USER_MESSAGE, field="messages")
    asked = body.messages[last]
    if isinstance(asked.content, list) and any(part.type != "text" for part in asked.content):
        raise Refused(INVALID, wording.ONLY_TEXT, field="messages")
    turns = _turns(body.messages[:last])
    return Query(_text(asked), turns[-MOST_TURNS:], answerer=_ANSWERERS[body.model])


def _turns(messages: Sequence[MessageIn]) -> list[Turn]:
    """The questions of a conversation, each with the answer that came before the next one.

    Clients keep what was refused in the conversation: that was too long and never a question.
    """
    turns: list[Turn] = []
    for message in messages:
        text = _text(message)
        if message.role == "user":
            turns.append(Turn(text))
        elif message.role == "assistant" and turns:
            turns[-1] = Turn(turns[-1].question, text[:LONGEST_TURN_ANSWER])
    return [turn for turn in turns if 0 < len(turn.question) <= LONGEST_QUESTION]


def _text(message: MessageIn) -> str:
    content = message.content or ""
    if isinstance(content, list):
        content = "\n".join(part.text for part in content if part.type == "text")
    # Half a surrogate pair is no text, and the tokenizer would stumble over it.
    return sendable(content).strip()


async def _completion(answer: Answer, query: Query, name: str, base: str) -> Completion:
    content = _content(answer, base)
    message = MessageOut(content=content, annotations=_annotations(answer, base))
    return Completion(
        id=_new_id(),
        created=int(time.time()),
        model=name,
        choices=(Choice(message=message),),
        usage=await _usage(query, content),
        assistant=answer,
    )


async def _chunks(
    first: Stage, rest: AsyncGenerator[Stage, None], query: Query, body: CompletionIn, base: str
) -> AsyncIterator[Chunk | ErrorOut]:
    """The role at once, and the text when the answer is complete and proven."""
    fields: dict[str, Any] = {"id": _new_id(), "created": int(time.time()), "model": body.model}

    def chunk(delta: Delta, **more: Any) -> Chunk:
        return Chunk(**fields, choices=(ChunkChoice(delta=delta, **more),))

    try:
        async with aclosing(rest):
            yield chunk(Delta(role="assistant", content=""))
            *_, stage = [first, *[stage async for stage in rest]]
    except Exception as error:  # the status has been sent, so no handler can answer
        yield problems.describe_for_openai(problems.refusal(error))
        return
    answer = cast(Answer, stage)
    content = _content(answer, base)
    for line in content.splitlines(keepends=True):
        yield chunk(Delta(content=line))
    last = chunk(Delta(annotations=_annotations(answer, base)), finish_reason="stop")
    yield last.model_copy(update={"assistant": answer})
    if body.stream_options and body.stream_options.include_usage:
        yield Chunk(**fields, choices=(), usage=await _usage(query, content))


async def _events(chunks: AsyncIterator[FrozenModel]) -> AsyncIterator[bytes]:
    """Every chunk as an event. ``[DONE]`` ends a complete stream, not one with an error."""
    async for chunk in chunks:
        yield format_sse_event(data_str=chunk.model_dump_json())
        if isinstance(chunk, ErrorOut):
            return
    yield format_sse_event(data_str="[DONE]")


def _new_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _content(answer: Answer, base: str) -> str:
    """The answer with its sources, or an abstention with passages that are no answer."""
    parts = [answer.answer]
    if answer.status is Status.PARTIAL:
        parts.append(wording.PARTIAL_NOTE)
    if answer.citations:
        parts.append("\n".join([f"{wording.SOURCES}:", *_sources(answer.citations, base)]))
    if answer.related:
        parts.append("\n".join([wording.RELATED, *_related(answer.related, base)]))
    return "\n\n".join(parts)


def _sources(citations: Sequence[Citation], base: str) -> Iterator[str]:
    for citation in citations:
        yield wording.SOURCE.format(
            marker=citation.marker, place=grounding.place_of(citation), url=base + citation.url
        )


def _related(passages: Sequence[Quoted], base: str) -> Iterator[str]:
    for passage in passages:
        short = textwrap.shorten(passage.quote, LONGEST_RELATED, placeholder=" …")
        yield wording.RELATED_PASSAGE.format(
            place=grounding.place_of(passage), quote=short, url=base + passage.url
        )


def _annotations(answer: Answer, base: str) -> tuple[Annotation, ...]:
    """The citations, each at its marker in the text."""
    found: list[Annotation] = []
    end = 0
    for citation in answer.citations:
        start, end = _marker_span(answer.answer, citation, end)
        cited = UrlCitation(
            url=base + citation.url, title=citation.title, start_index=start, end_index=end
        )
        found.append(Annotation(url_citation=cited))
    return tuple(found)


def _marker_span(text: str, citation: Citation, after: int) -> tuple[int, int]:
    """Where the ``[n]`` of a citation stands: behind its quote, which may hold such a thing too.

    A language model's text has no other ``[n]`` than its citations.
    """
    marker = f"[{citation.marker}]"
    quoted = wording.QUOTE.format(quote=citation.quote, marker=citation.marker)
    at = text.find(quoted, after)
    end = at + len(quoted) if at >= 0 else text.index(marker, after) + len(marker)
    return end - len(marker), end


async def _usage(query: Query, content: str) -> Usage:
    """Tokens of the questions, which is all that is read of a conversation, and of the answer."""
    asked = [*(turn.question for turn in query.history), query.question]
    prompt, completion = await to_thread.run_sync(lambda: (_tokens(asked), _tokens([content])))
    return Usage(
        prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion
    )


def _tokens(texts: Sequence[str]) -> int:
    encoded = bundled_model().tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return sum(len(encoding.ids) for encoding in encoded)
