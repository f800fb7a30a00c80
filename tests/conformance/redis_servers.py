"""Redis servers for tests, and caches on them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import cache

from tests import scratch

from mainstay.caches.redis.cache import RedisCache
from mainstay.ports.telemetry import CacheStateChanged, TelemetryEvent
from mainstay.system.clock import SystemClock
from mainstay.testing.servers.redis import RedisServer

PATIENCE_S = 2.0
"""A machine under load is no server that is away."""


@cache
def server() -> RedisServer:
    """Return the session's server; it ends with this process."""
    one = RedisServer(scratch.folder("redis"))
    one.start()
    scratch.until_the_end(one.process)
    return one


class Heard:
    """Telemetry that remembers what it heard of the cache."""

    def __init__(self) -> None:
        self.changes: list[CacheStateChanged] = []
        self._news = asyncio.Event()

    def emit(self, event: TelemetryEvent) -> None:
        """Remember."""
        assert isinstance(event, CacheStateChanged)
        self.changes.append(event)
        self._news.set()

    @property
    def states(self) -> list[str]:
        """The states in order."""
        return [change.state for change in self.changes]

    async def until(self, state: str) -> None:
        """Return when the newest state is this one."""
        async with asyncio.timeout(20):
            while self.states[-1:] != [state]:
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def connected(
    prefix: str,
    ttl_s: int = 3600,
    *,
    url: str | None = None,
    timeout_s: float = PATIENCE_S,
    heard: Heard | None = None,
) -> AsyncGenerator[RedisCache]:
    """Yield a cache that was started, on the session's server unless told."""
    one = RedisCache(
        url or server().url,
        ttl_s,
        timeout_s,
        telemetry=heard or Heard(),
        clock=SystemClock(),
        prefix=prefix,
    )
    await one.start()
    try:
        yield one
    finally:
        await one.stop()
