"""How often one key or one address may ask: moving windows, in memory or in Redis.

A rate is text such as ``120/minute`` or ``5 per 10 second``; empty text does not limit. A request
that is refused does not count, so a client that keeps trying is not kept out for longer.
"""

import ipaddress
import logging
import math
import time
from functools import lru_cache
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string
from pydantic import AfterValidator

_log = logging.getLogger(__name__)

STORAGE_SECONDS = 2.0
"""How long Redis may take to connect or to answer."""

_OPTIONS: dict[str, Any] = {
    "socket_timeout": STORAGE_SECONDS,
    "socket_connect_timeout": STORAGE_SECONDS,
}

IPV6_NETWORK = 64
"""Bits of an IPv6 address that one subscriber cannot choose himself."""


class RateExceeded(Exception):
    """Too many requests; ``seconds`` until the next one is welcome, at least 1."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


class StorageUnavailable(Exception):
    """The storage of the rates cannot be used; the message says what to do."""


@lru_cache(maxsize=256)
def _item(rate: str) -> RateLimitItem:
    items = parse_many(rate)
    if len(items) != 1 or items[0].amount < 1:
        raise ValueError(rate)
    return items[0]


def _checked(rate: str) -> str:
    rate = rate.strip()
    try:
        if rate:
            _item(rate)
    except ValueError as error:
        raise ValueError(f"{rate!r} is not a rate such as '120/minute'") from error
    return rate


Rate = Annotated[str, AfterValidator(_checked)]
"""The type of a rate in settings and in the key file."""


def address_of(host: str) -> str:
    """What stands for one client: its IPv4 address, or the network of its IPv6 address.

    Whoever has an IPv6 address has 2⁶⁴ of them. A host that is no address stands for itself.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), IPV6_NETWORK), strict=False))


def check_storage(redis_url: str) -> None:
    """Raise ``StorageUnavailable`` unless a Redis server answers at this URL."""
    try:
        is_reachable = storage_from_string(redis_url, **_OPTIONS).check()
    except ConfigurationError as error:
        raise StorageUnavailable(
            f"ASSISTANT_RATE_STORAGE needs the extra `redis`: {error}"
        ) from error
    except ValueError as error:
        raise StorageUnavailable(f"ASSISTANT_RATE_STORAGE is not a Redis URL: {error}") from error
    if not is_reachable:
        where = urlsplit(redis_url).netloc.rpartition("@")[2]  # without the password
        raise StorageUnavailable(f"ASSISTANT_RATE_STORAGE: no Redis server lets us in at {where}")


class RateLimits:
    """Counts requests, in this process or, with the URL of a Redis server, for all of them."""

    def __init__(self, redis_url: str = "") -> None:
        self._limiter = MovingWindowRateLimiter(_redis(redis_url) if redis_url else MemoryStorage())

    async def spend(self, rate: str, *who: str) -> None:
        """Count one request of ``who``. Raises ``RateExceeded``.

        A Redis server that fails lets requests pass: the queue in front of the models still
        protects those, and nobody is served by an assistant that falls with its counter.
        """
        if not rate:
            return
        item = _item(rate)
        try:
            if await self._limiter.hit(item, *who):
                return
            reset = (await self._limiter.get_window_stats(item, *who)).reset_time
        except StorageError as error:
            _log.error("Rates are not limited now: %s", error)
            return
        raise RateExceeded(max(1, math.ceil(reset - time.time())))


def _redis(url: str) -> Storage:
    storage = storage_from_string(
        f"async+{url}", implementation="redispy", wrap_exceptions=True, **_OPTIONS
    )
    return cast(Storage, storage)
