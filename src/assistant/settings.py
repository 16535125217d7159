"""The settings of one process, read from the environment and ``.env`` (prefix ``ASSISTANT_``)."""

import ipaddress
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from assistant.rate_limits import Rate

_HOST_NAME = re.compile(r"[a-z0-9.-]+|[0-9a-f:]+")
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")


def _split(value: Any) -> Any:
    """A list as text: separated by commas, or as JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [item.strip() for item in value.split(",") if item.strip()]


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _ORIGIN.fullmatch(value):
            raise ValueError(
                f"{value!r} is not an origin such as 'https://intranet.example' "
                "(no path, no '/' at the end, no '*')"
            )
    return values


def _host_names(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _HOST_NAME.fullmatch(value):
            raise ValueError(
                f"{value!r} is not a host name such as 'assistent.example' "
                "(lower case, no scheme, no port, no '*')"
            )
    return values


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    """Whoever is trusted may say which address a request comes from, so '*' would trust anyone."""
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise ValueError(
                f"{value!r} is not an address or network such as '10.0.0.0/8'"
            ) from error
    return values


def _redis(value: SecretStr) -> SecretStr:
    if value and not value.get_secret_value().startswith(("redis://", "rediss://")):
        raise ValueError("not a URL that starts with redis:// or rediss://")
    return value


def _path_or_none(value: Any) -> Any:
    return value or None


_Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]


class Settings(BaseSettings):
    """Every knob of the assistant, with the default that runs on a laptop without a network."""

    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_", env_file=".env", frozen=True, extra="ignore"
    )

    corpus: Path = Field(Path("corpus"), description="Folder with the documents")
    index: Path = Field(Path("index"), description="Folder that holds the built index")
    encoder: str = Field(
        "bundled", description="'bundled', or the name or path of a sentence-transformers model"
    )
    reader: str = Field(
        "bundled",
        description="'bundled', 'similarity', or the name or path of a Hugging Face "
        "extractive question-answering model",
    )
    chroma_url: str = Field("", description="URL of a Chroma server; empty: embedded Chroma")
    llm: str = Field("", description="'provider:model' of a LangChain chat model; empty: none")
    llm_base_url: str = Field("", description="Base URL of an OpenAI-compatible server")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key for the LLM provider")
    host: str = Field("127.0.0.1", description="Address the server listens on")
    port: int = Field(7860, ge=0, le=65535, description="Port the server listens on")
    at_once: int = Field(2, ge=1, le=64, description="Questions that are answered at once")
    waiting: int = Field(32, ge=0, le=10_000, description="Questions that may wait in line")
    timeout: float = Field(30.0, gt=0, le=3600, description="Seconds that a question may take")
    workers: int = Field(
        1, ge=1, le=64, description="Processes that serve, each with its own models and queue"
    )
    grace: int = Field(
        35,
        ge=1,
        le=7200,
        validate_default=True,
        description="Seconds that accepted requests may take after SIGTERM; more than the timeout",
    )
    max_body: int = Field(1_000_000, ge=1000, description="Bytes of the largest request")
    log_format: Literal["text", "json"] = Field(
        "text", description="'text' for people, 'json' for machines: one object a line"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least serious lines to log; 'debug' adds the probes of a monitor"
    )
    log_questions: bool = Field(
        False, description="Whether logs and traces may hold the text of questions"
    )
    keys: Annotated[Path | None, BeforeValidator(_path_or_none)] = Field(
        None, description="File with the API keys (see `assistant keys`); empty: no key is needed"
    )
    feedback: Annotated[Path | None, BeforeValidator(_path_or_none)] = Field(
        Path("feedback/feedback.jsonl"),
        description="File of what users say of answers; empty: they cannot say it",
    )
    rate_per_key: Rate = Field(
        "", description="Requests that one key may send, such as '120/minute'; empty: any number"
    )
    rate_per_address: Rate = Field(
        "",
        description="Requests to the API and of the chat that one address may send, wrong keys "
        "included; empty: any number, because a whole office or another team's server may share "
        "one address",
    )
    rate_storage: Annotated[SecretStr, AfterValidator(_redis)] = Field(
        SecretStr(""),
        description="redis:// URL where several servers count together; empty: in memory",
    )
    trusted_proxies: Annotated[_Texts, AfterValidator(_networks)] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses of proxies that may tell a client's address in X-Forwarded-For",
    )
    cors_origins: Annotated[_Texts, AfterValidator(_origins)] = Field(
        (), description="Web origins whose pages may call the API from a browser; empty: none"
    )
    allowed_hosts: Annotated[_Texts, AfterValidator(_host_names)] = Field(
        (),
        description="Names, without port, under which /mcp is reached and whose pages may call it; "
        "empty: any name, and no pages but those of this machine",
    )

    contact: str = Field(
        "",
        max_length=200,
        description="Whom users tell that a page is hard to use: an e-mail address, web page or "
        "telephone number; empty: their own operator",
    )

    @field_validator("grace")
    @classmethod
    def _accepted_questions_get_their_time(cls, grace: int, info: ValidationInfo) -> int:
        timeout = info.data.get("timeout", 0)
        if grace <= timeout:
            raise ValueError(
                f"a question may take {timeout:g} s, so stopping must wait for longer than that; "
                "raise ASSISTANT_GRACE or lower ASSISTANT_TIMEOUT"
            )
        return grace

    @field_validator("rate_per_key")
    @classmethod
    def _keys_are_needed(cls, rate: str, info: ValidationInfo) -> str:
        if rate and info.data.get("keys") is None:
            raise ValueError("there are no keys to count by; set ASSISTANT_KEYS as well")
        return rate
