"""What is spoken with OpenAI's clients: the part of its chat completions API that means something.

Fields that a client sends and that are not here are ignored, as OpenAI's own API is wide and grows.
"""

from typing import Literal

from pydantic import Field

from assistant.contract import EXAMPLE_QUESTION
from assistant.documents import Answer, FrozenModel

MODEL, EXTRACTIVE_MODEL = "partnerschapsassistent", "partnerschapsassistent-extractive"
"""The assistant's default answerer, and the one that only quotes."""

MODELS = (MODEL, EXTRACTIVE_MODEL)
CREATED = 1_767_225_600
"""Unix seconds of 1 January 2026: a model has to have a date, and clients may sort by it."""


class Part(FrozenModel):
    """A part of a message; only those of type ``text`` are read."""

    type: str = Field(examples=["text"])
    text: str = Field("", examples=[EXAMPLE_QUESTION])


class MessageIn(FrozenModel):
    """A message of the conversation; only those of the user and the assistant are read."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = Field(None, examples=[EXAMPLE_QUESTION])


class StreamOptions(FrozenModel):
    """What a stream holds besides the answer."""

    include_usage: bool = Field(False, strict=True)


class CompletionIn(FrozenModel):
    """A conversation of which the last message of the user is the question."""

    model: str = Field(examples=[MODEL], json_schema_extra={"enum": list(MODELS)})
    messages: list[MessageIn] = Field(min_length=1)
    stream: bool | None = Field(None, strict=True)
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, strict=True, json_schema_extra={"minimum": 1, "maximum": 1})


class UrlCitation(FrozenModel):
    """The page of a citation, and which characters of the content are its ``[n]``: half open."""

    url: str
    title: str
    start_index: int = Field(ge=0)
    end_index: int = Field(ge=0)


class Annotation(FrozenModel):
    """One citation of a message."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class MessageOut(FrozenModel):
    """What the assistant says."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: tuple[Annotation, ...] = ()


class Choice(FrozenModel):
    """The only answer."""

    index: Literal[0] = 0
    message: MessageOut
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Usage(FrozenModel):
    """Tokens of the questions that were read and of the answer, as the assistant's encoder cuts."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    total_tokens: int = Field(ge=0)


class Completion(FrozenModel):
    """An answer as a chat completion; ``assistant`` is what ``/v1/ask`` would have answered."""

    id: str = Field(examples=["chatcmpl-3f0e…"])
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Unix seconds")
    model: str
    choices: tuple[Choice]
    usage: Usage
    assistant: Answer


def _is_none(value: object) -> bool:
    return value is None


class Delta(FrozenModel):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = Field(None, exclude_if=_is_none)
    content: str | None = Field(None, exclude_if=_is_none)
    annotations: tuple[Annotation, ...] | None = Field(None, exclude_if=_is_none)


class ChunkChoice(FrozenModel):
    """The same for the only answer."""

    index: Literal[0] = 0
    delta: Delta
    logprobs: None = None
    finish_reason: Literal["stop"] | None = None


class Chunk(FrozenModel):
    """One event of a stream. The chunk that ends the answer holds ``assistant`` too."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str
    choices: tuple[ChunkChoice, ...]
    usage: Usage | None = Field(None, exclude_if=_is_none)
    assistant: Answer | None = Field(None, exclude_if=_is_none)


class ModelOut(FrozenModel):
    """A model that can be asked for."""

    id: str = Field(examples=[MODEL])
    object: Literal["model"] = "model"
    created: int = CREATED
    owned_by: str = MODEL


class ModelsOut(FrozenModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: tuple[ModelOut, ...]


class ErrorDetail(FrozenModel):
    """What went wrong; ``message`` is Dutch and for the user, ``param`` the field at fault."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None = None
    code: str


class ErrorOut(FrozenModel):
    """An error in the shape that OpenAI's clients read."""

    error: ErrorDetail
