"""Every adapter of the Circuits port, and its twin, keeps the same contract."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest
from tests.conformance.redis_servers import connected, server

from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.redis.circuits import RedisCircuits
from mainstay.ports.circuits import Circuits
from mainstay.testing.circuits_conformance import (
    NAME,
    CircuitsConformance,
    opened,
    probe,
)
from mainstay.testing.clock import ManualClock

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class MemoryStage:
    """Circuits within a process; their users share the object."""

    one: Circuits
    clock: ManualClock

    @property
    def two(self) -> Circuits:
        """The same object."""
        return self.one

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self.clock.advance(seconds)


@dataclass(frozen=True, slots=True)
class RedisStage:
    """A prefix of the session's server, as two processes have it."""

    one: RedisCircuits
    two: RedisCircuits
    prefix: str

    async def pass_time(self, seconds: float) -> None:
        """Wait: the server has its own clock."""
        await asyncio.sleep(seconds)


class TestMemoryCircuits(CircuitsConformance):
    """Within a process."""

    @pytest.fixture
    def stage(self) -> MemoryStage:
        """Return fresh ones."""
        clock = ManualClock()
        return MemoryStage(MemoryCircuits(clock), clock)


class TestRedisCircuits(CircuitsConformance):
    """On a real server."""

    @pytest.fixture
    async def stage(self) -> AsyncGenerator[RedisStage]:
        """Connect twice."""
        prefix = f"circuits{next(_numbers)}"
        async with connected(prefix) as one, connected(prefix) as two:
            yield RedisStage(one.circuits, two.circuits, prefix)

    async def test_every_key_ends(self, stage: RedisStage):
        """What nobody asks for any more is forgotten."""
        epoch = (await opened(stage.one, for_s=0.05)).epoch
        await stage.pass_time(0.1)
        assert (await probe(stage.one, epoch, "trial_0")).granted
        for kind, longest_s in (("circuit", 3601), ("trials", 6)):
            left = server().run("TTL", f"{stage.prefix}:{kind}:{NAME}")
            assert 0 < int(left.split(":")[-1].split()[0]) <= longest_s
