"""Every adapter of the Cache port, and its twin, keeps the same contract."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from tests.conformance.redis_servers import connected, server

from mainstay.caches.memory import MemoryCache
from mainstay.caches.redis.cache import RedisCache
from mainstay.ports.cache import Cache
from mainstay.testing.cache_conformance import TTL_S, CacheConformance
from mainstay.testing.clock import ManualClock

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class MemoryStage:
    """The cache within a process; its users share the object."""

    cache: Cache
    clock: ManualClock

    @property
    def other(self) -> Cache:
        """The same object."""
        return self.cache

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self.clock.advance(seconds)


@dataclass(frozen=True, slots=True)
class RedisStage:
    """A prefix of the session's server, as two processes have it."""

    cache: RedisCache
    other: RedisCache
    prefix: str

    async def pass_time(self, seconds: float) -> None:
        """Wait: the server has its own clock."""
        await asyncio.sleep(seconds)


class TestMemoryCache(CacheConformance):
    """Within a process."""

    @pytest.fixture
    def stage(self) -> MemoryStage:
        """Return a fresh one."""
        clock = ManualClock()
        return MemoryStage(MemoryCache(clock, ttl_s=TTL_S), clock)


class TestRedisCache(CacheConformance):
    """On a real server."""

    @pytest.fixture
    async def stage(self) -> AsyncGenerator[RedisStage]:
        """Connect twice."""
        prefix = f"test{next(_numbers)}"
        async with connected(prefix, TTL_S) as one, connected(prefix, TTL_S) as two:
            yield RedisStage(one, two, prefix)

    async def test_nothing_is_left_of_what_is_over(self, stage: RedisStage):
        """Buckets that are full again and blocks that ended take no memory."""
        await stage.cache.take("ada", 6000, 5)
        await stage.cache.block("sonnet", 0.05)
        await stage.pass_time(0.2)
        assert server().run("KEYS", f"{stage.prefix}:*").count(stage.prefix) == 0
