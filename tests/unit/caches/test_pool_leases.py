"""Shares that are kept filled, with the cache and without it."""

import asyncio

import pytest
from tests.unit.caches.fickle import FickleCache
from typing_extensions import override

from mainstay.caches.memory import MemoryCache
from mainstay.caches.pool_leases import PoolLeases
from mainstay.domain.pool import Amounts, PoolState
from mainstay.ports.model_events import PoolChanged, PoolRead
from mainstay.ports.pools import PoolLease, PoolReport
from mainstay.ports.telemetry import CacheBypassed
from mainstay.testing.cache_conformance import blocked
from mainstay.testing.clock import ManualClock
from mainstay.testing.world import Notes

LIMIT = Amounts(600, 60_000, 6_000)
CALL = Amounts(1, 10, 1)


class Worker:
    """One of two workers."""

    def __init__(self, cache: MemoryCache | None, clock: ManualClock) -> None:
        self.notes = Notes()
        self.leases = PoolLeases(
            cache, ["sonnet"], sharers=lambda: 2, clock=clock, telemetry=self.notes
        )
        self.share = self.leases.of("sonnet")

    async def sees(self, left: float) -> None:
        """Hear from the provider."""
        rest = Amounts(*(int(limit * left) for limit in LIMIT))
        self.share.see(PoolState(LIMIT, rest))
        await self.leases.look()

    async def takes(self) -> int:
        """Take calls until there is no more; return how many."""
        taken = 0
        await self.leases.look()
        while taken < LIMIT.requests:
            if not self.share.take(CALL):
                await self.leases.renew("sonnet", CALL)
                if not self.share.take(CALL):
                    break
            taken += 1
        return taken

    def heard(self, kind: type) -> list:
        """Return the events of a kind."""
        return [event for event in self.notes.events if isinstance(event, kind)]


class Cluster:
    """Two workers with one cache."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cache = FickleCache(self.clock)
        self.one = Worker(self.cache, self.clock)
        self.two = Worker(self.cache, self.clock)


@pytest.fixture
def cluster() -> Cluster:
    """Give two workers."""
    return Cluster()


async def test_what_one_learns_all_know(cluster: Cluster) -> None:
    """A worker that never had an answer knows the limits at its first look."""
    await cluster.one.sees(0.5)
    assert not cluster.two.share.is_known
    await cluster.two.leases.look()
    assert cluster.two.share.left == pytest.approx((0.5,) * 3)


async def test_workers_take_no_more_together_than_there_is(cluster: Cluster) -> None:
    """45% of 600: the last 5% are nobody's."""
    await cluster.one.sees(0.5)
    assert await cluster.one.takes() + await cluster.two.takes() == 270


async def test_without_the_cache_each_has_its_part_of_what_was_left(
    cluster: Cluster,
) -> None:
    """Half of the rest, half of the refill; what it does alone is told."""
    await cluster.one.sees(0.5)
    await cluster.two.leases.look()
    cluster.cache.away = True
    assert await cluster.one.takes() == 135
    assert await cluster.two.takes() == 135
    cluster.clock.advance(6)
    assert await cluster.one.takes() == 30
    assert cluster.one.heard(CacheBypassed)[0] == CacheBypassed("pool")


async def test_back_at_the_cache_nothing_is_won(cluster: Cluster) -> None:
    """The provider's own figures tell what was used meanwhile."""
    await cluster.one.sees(0.5)
    cluster.cache.away = True
    assert await cluster.one.takes() == 135
    cluster.cache.away = False
    await cluster.one.sees(0.05)
    assert await cluster.one.takes() == 0


async def test_a_cache_that_forgot_is_reminded(cluster: Cluster) -> None:
    """A restart of Redis does not make a limited pool an unlimited one."""
    await cluster.one.sees(0.5)
    await cluster.two.leases.look()
    await cluster.cache.stop()
    assert await cluster.one.takes() + await cluster.two.takes() <= 270
    assert cluster.two.share.is_known


async def test_without_any_cache_each_has_its_part() -> None:
    """As many processes as there are share what the provider says."""
    clock = ManualClock()
    one, two = (Worker(None, clock) for _ in range(2))
    await one.sees(1.0)
    await two.sees(1.0)
    assert await one.takes() == await two.takes() == 285
    assert one.heard(CacheBypassed) == []
    clock.advance(6)
    await one.sees(0.05)
    assert await one.takes() == 0


async def test_a_block_is_told_until_it_is_heard(cluster: Cluster) -> None:
    """Also when the cache was away; what is over by then is not."""
    cluster.cache.away = True
    cluster.one.leases.block("sonnet", 8, ramps=False)
    await cluster.one.leases.look()
    assert CacheBypassed("block") in cluster.one.heard(CacheBypassed)
    cluster.cache.away = False
    cluster.clock.advance(3)
    await cluster.one.leases.look()
    await cluster.two.leases.look()
    assert cluster.two.share.blocked_s == 5
    cluster.cache.away = True
    cluster.one.leases.block("sonnet", 8, ramps=False)
    cluster.clock.advance(9)
    cluster.cache.away = False
    await cluster.one.leases.look()
    assert await blocked(cluster.cache) == 0


async def test_a_longer_block_is_told_as_well(cluster: Cluster) -> None:
    """Also one that comes while the first is on its way: refusals come in bunches."""

    class Slow(FickleCache):
        @override
        async def block(self, pool: str, for_s: float) -> bool:
            if not self.told.is_set():
                cluster.one.leases.block("sonnet", 20, ramps=False)
            return await super().block(pool, for_s)

    cache = cluster.one.leases._cache = Slow(cluster.clock)  # noqa: SLF001 - as above
    cluster.one.leases.block("sonnet", 5, ramps=False)
    for _ in range(2):
        await cluster.one.leases.look()
    assert await blocked(cache) == 20


async def test_a_block_is_told_at_once(cluster: Cluster) -> None:
    """Nobody waits for the next look."""
    await cluster.one.leases.start()
    cluster.one.leases.block("sonnet", 8, ramps=False)
    async with asyncio.timeout(0.5):
        await cluster.cache.told.wait()
    await cluster.one.leases.stop()
    await cluster.one.leases.stop()


async def test_levels_are_told_when_they_change(cluster: Cluster) -> None:
    """And how full the pool is, at each look; nothing while no limit is known."""
    await cluster.one.leases.look()
    assert cluster.one.notes.events == []
    for left in (0.5, 0.1, 0.01):
        await cluster.one.sees(left)
    cluster.one.leases.block("sonnet", 1, ramps=False)
    await cluster.one.leases.look()
    changes = [event.state for event in cluster.one.heard(PoolChanged)]
    assert changes == ["low", "short", "blocked"]
    assert cluster.one.heard(PoolRead)[0] == PoolRead("sonnet", 0.5, 0.5, 0.5)


async def test_a_trip_that_was_broken_off_loses_nothing(cluster: Cluster) -> None:
    """What the report gave back is still here."""

    class Cut(FickleCache):
        @override
        async def lease(self, pool: str, report: PoolReport) -> PoolLease | None:
            raise asyncio.CancelledError

    await cluster.one.sees(1.0)
    cluster.one.share.want(Amounts(50, 500, 50), 1)
    await cluster.one.leases.renew("sonnet")
    cluster.one.share.want(Amounts(50, 500, 50), -1)
    cluster.one.leases._cache = Cut(cluster.clock)  # noqa: SLF001 - cuts the line
    with pytest.raises(asyncio.CancelledError):
        await cluster.one.leases.renew("sonnet")
    assert all(cluster.one.share.take(CALL) for _ in range(50))
