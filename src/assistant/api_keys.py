"""API keys: who may use the API and for what, as a JSON file that holds no key itself.

A key is 32 random bytes, so the file keeps its plain SHA-256: there is no dictionary of such keys
that a slow or salted hash would have to withstand, and a fast hash costs a request nothing.
"""

import datetime as dt
import hashlib
import hmac
import logging
import os
import secrets
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from assistant.rate_limits import Rate

_log = logging.getLogger(__name__)

KEY_PREFIX = "pa_"
"""Marks a key as one of ours, for people and for scanners that look for leaked secrets."""

RANDOM_BYTES = 32


class Right(StrEnum):
    """What a key may be used for; none of them includes another."""

    ASK = "ask"
    SEARCH = "search"
    ADMIN = "admin"


class ApiKey(BaseModel):
    """One key: the hash it is recognised by, and what its holder may do.

    ``rate`` replaces the rate of the settings for this key; empty keeps that.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: Annotated[tuple[Right, ...], Field(min_length=1)]
    created: dt.date
    rate: Rate = ""


class KeyFile(BaseModel):
    """The content of a key file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[ApiKey, ...]

    @field_validator("keys")
    @classmethod
    def _names_differ(cls, keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
        names = [key.name for key in keys]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two keys have the name {', '.join(twice)}")
        return keys


class KeysUnavailable(Exception):
    """The key file is missing or broken, so that nobody can be let in; the message says why."""


def new_key(name: str, scopes: Iterable[Right], rate: str = "") -> tuple[str, ApiKey]:
    """A fresh key as its holder gets it, and as the file keeps it.

    Raises ``pydantic.ValidationError`` for a name or rate in another form, or without scopes.
    """
    secret = KEY_PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    today = dt.datetime.now(dt.UTC).date()
    chosen = tuple(sorted(set(scopes)))
    return secret, ApiKey(name=name, sha256=_hash(secret), scopes=chosen, created=today, rate=rate)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def read_keys(path: Path) -> tuple[ApiKey, ...]:
    """The keys of a file. Raises ``KeysUnavailable``."""
    try:
        return KeyFile.model_validate_json(path.read_bytes()).keys
    except OSError as error:
        raise KeysUnavailable(f"key file {path}: {error.strerror}") from error
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "content"
        raise KeysUnavailable(f"key file {path}: {where}: {wrong['msg']}") from error


def write_keys(path: Path, keys: Iterable[ApiKey]) -> None:
    """Replace the file in one step by one that only its owner can read. Raises ``OSError``."""
    target = path.resolve()  # a link keeps pointing where it pointed
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(KeyFile(keys=tuple(keys)).model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class KeyRing:
    """The keys of a file as it is now: it is read again as soon as it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: tuple[ApiKey, ...] = ()
        self._fault = ""
        self._read(_stamp(path))

    def find(self, secret: str) -> ApiKey | None:
        """The key that ``secret`` is. Raises ``KeysUnavailable``.

        Takes the same time for every secret: all keys are compared, each in constant time.
        """
        stamp = _stamp(self._path)
        if self._fault or stamp != self._read_at:
            self._read(stamp)
        if self._fault:
            raise KeysUnavailable(self._fault)
        given, found = _hash(secret), None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, given):
                found = key
        return found

    def _read(self, stamp: tuple[int, ...]) -> None:
        fault = ""
        try:
            self._keys = read_keys(self._path)
            _log.info("%d API keys in %s", len(self._keys), self._path)
        except KeysUnavailable as error:
            self._keys, fault = (), str(error)
            if fault != self._fault:  # said once, not with every request that is refused
                _log.error("Every request that needs a key is refused: %s", fault)
        self._read_at, self._fault = stamp, fault


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes with the file; empty when there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
