"""What processes share through Redis, if the settings name one."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstay.assembly.parts import start
from mainstay.assembly.storage import Storage
from mainstay.caches.census import Census
from mainstay.caches.context_journal import ContextJournal
from mainstay.caches.context_keeper import ContextKeeper
from mainstay.caches.memory import MemoryCache
from mainstay.caches.shared_limiter import SharedLimiter
from mainstay.domain.errors import MainstayError
from mainstay.ports.cache import Cache
from mainstay.ports.circuits import Circuits
from mainstay.ports.journal import Journal
from mainstay.ports.limiter import Limiter
from mainstay.ports.telemetry import Telemetry
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock

if TYPE_CHECKING:
    from mainstay.caches.redis.cache import RedisCache

MAX_CUSTOMERS = 100_000
"""Rate-limit buckets kept at once; a full bucket is not kept."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """The shared cache of a process, and what stands on it.

    Args:
        cache: on Redis.
        journal: the store's, with contexts.
        circuits: what processes know of one another's breakers.
        census: counts the gateways.
    """

    cache: Cache
    journal: Journal
    circuits: Circuits
    census: Census


async def open_sharing(
    stack: AsyncExitStack, settings: Settings, storage: Storage, telemetry: Telemetry
) -> Sharing | None:
    """Connect to Redis, or go on trying; None when the settings name none.

    Raises:
        MainstayError: REDIS_URL cannot be read.
    """
    cache = cache_of(settings, telemetry)
    if cache is None:
        return None
    await start(stack, cache)
    keeper = ContextKeeper(cache)
    await start(stack, keeper)
    store = storage.store
    return Sharing(
        cache,
        ContextJournal(store.journal, cache, keeper, telemetry),
        cache.circuits,
        Census(store.leases, "gateway", telemetry, SystemClock()),
    )


def cache_of(settings: Settings, telemetry: Telemetry) -> "RedisCache | None":
    """Return the cache on Redis, not started; None when the settings name none.

    Raises:
        MainstayError: REDIS_URL cannot be read.
    """
    url = settings.redis_url
    if url is None:
        return None
    # Its client takes memory and time that a process without Redis does not need.
    from mainstay.caches.redis.cache import RedisCache

    try:
        return RedisCache(
            url.get_secret_value(),
            settings.redis_ttl_s,
            telemetry=telemetry,
            clock=SystemClock(),
        )
    except ValueError as error:
        raise MainstayError(str(error)) from error


async def limiter_of(
    stack: AsyncExitStack,
    settings: Settings,
    sharing: Sharing | None,
    telemetry: Telemetry,
) -> Limiter:
    """Return one bucket a customer: in Redis for all gateways, or in this process."""
    clock, rate = SystemClock(), settings.rate_limit
    if sharing is None:
        cache, gateways = MemoryCache(clock, max_keys=MAX_CUSTOMERS), _this_one
    else:
        await start(stack, sharing.census)
        cache, gateways = sharing.cache, lambda: sharing.census.count
    return SharedLimiter(
        cache,
        rate_per_minute=rate,
        burst=rate,
        clock=clock,
        gateways=gateways,
        telemetry=telemetry,
        max_keys=MAX_CUSTOMERS,
    )


def _this_one() -> int:
    return 1
