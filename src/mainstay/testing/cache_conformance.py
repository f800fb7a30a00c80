"""What every adapter of the Cache port must do while it is there; run it on yours.

Subclass ``CacheConformance`` and give it a ``stage`` fixture: one fresh cache as two
processes have it.
"""

import asyncio
from typing import Protocol

import pytest

from mainstay.ports.cache import MAX_CONTEXT_BYTES, MAX_REQUESTS, Cache
from mainstay.ports.limiter import Decision

TTL_S = 2
"""A stage's contexts live for so long."""

SLACK_S = 0.25
"""How far a cache's own clock may be from the test's."""


class Stage(Protocol):
    """A cache under test and its time."""

    @property
    def cache(self) -> Cache:
        """The cache as one process has it."""
        ...

    @property
    def other(self) -> Cache:
        """The same cache as another process has it."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Return when the cache's time has moved on."""
        ...


async def taken(cache: Cache, key: str, rate: int, burst: int) -> Decision:
    """Take one; the cache must be there."""
    decision = await cache.take(key, rate, burst)
    assert decision is not None, "the cache was away"
    return decision


class CacheConformance:
    """The contract of ``ports.Cache``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_what_one_puts_all_get(self, stage: Stage) -> None:
        """Any bytes come back as they were, to every process."""
        context = bytes(range(256)) * 8
        assert await stage.cache.put_context("conv_1", context)
        assert await stage.other.get_context("conv_1") == context
        assert await stage.other.get_context("conv_2") == b""

    async def test_the_last_put_counts(self, stage: Stage) -> None:
        """A put takes the place of the one before, its time included."""
        assert await stage.cache.put_context("conv_1", b"old and longer")
        await stage.pass_time(TTL_S * 0.6)
        assert await stage.other.put_context("conv_1", b"new")
        await stage.pass_time(TTL_S * 0.6)
        assert await stage.cache.get_context("conv_1") == b"new"

    async def test_a_context_ends(self, stage: Stage) -> None:
        """After the TTL it is gone."""
        assert await stage.cache.put_context("conv_1", b"text")
        await stage.pass_time(TTL_S + SLACK_S)
        assert await stage.cache.get_context("conv_1") == b""

    async def test_a_large_context_is_not_kept(self, stage: Stage) -> None:
        """The bound itself is kept; one byte more is refused and changes nothing."""
        largest = b"x" * MAX_CONTEXT_BYTES
        assert await stage.cache.put_context("conv_1", largest)
        assert not await stage.cache.put_context("conv_1", largest + b"x")
        assert await stage.cache.get_context("conv_1") == largest

    async def test_a_bucket_holds_its_burst(self, stage: Stage) -> None:
        """Each request takes one; the next is told how long to wait."""
        for left in (2, 1, 0):
            decision = await taken(stage.cache, "ada", 1, 3)
            assert (decision.allowed, decision.remaining) == (True, left)
            assert (decision.limit, decision.retry_after_s) == (1, 0.0)
        refused = await taken(stage.other, "ada", 1, 3)
        assert (refused.allowed, refused.remaining) == (False, 0)
        assert 60 - SLACK_S <= refused.retry_after_s <= 60
        assert 180 - SLACK_S <= refused.reset_s <= 180

    async def test_waiting_as_told_is_enough(self, stage: Stage) -> None:
        """Who waits for ``retry_after_s`` is let through; a refusal costs nothing."""
        for _ in range(2):
            await taken(stage.cache, "ada", 300, 2)
        tries = [await taken(stage.cache, "ada", 300, 2) for _ in range(5)]
        assert not any(one.allowed for one in tries)
        refused = tries[-1]
        assert 0 < refused.retry_after_s <= 0.2
        await stage.pass_time(refused.retry_after_s)
        assert (await taken(stage.cache, "ada", 300, 2)).allowed

    async def test_a_bucket_is_full_again(self, stage: Stage) -> None:
        """After ``reset_s`` the whole burst is there, and no more than that."""
        last = [await taken(stage.cache, "ada", 1200, 3) for _ in range(3)][-1]
        await stage.pass_time(last.reset_s + SLACK_S)
        again = await taken(stage.other, "ada", 1200, 3)
        assert (again.allowed, again.remaining) == (True, 2)

    async def test_keys_have_buckets_apart(self, stage: Stage) -> None:
        """One customer's requests are not another's."""
        assert (await taken(stage.cache, "ada", 1, 1)).allowed
        assert not (await taken(stage.cache, "ada", 1, 1)).allowed
        assert (await taken(stage.cache, "bob", 1, 1)).allowed

    async def test_a_rush_gets_the_burst_and_no_more(self, stage: Stage) -> None:
        """However many come at once, through whichever process."""
        rush = [taken(c, "ada", 1, 20) for c in (stage.cache, stage.other) * 50]
        found = await asyncio.gather(*rush)
        assert sum(one.allowed for one in found) == 20
        left = sorted(one.remaining for one in found if one.allowed)
        assert left == list(range(20))

    async def test_numbers_stay_exact(self, stage: Stage) -> None:
        """With the largest buckets, each request still takes exactly one."""
        for n in range(1, 4):
            decision = await taken(stage.cache, "ada", 1, MAX_REQUESTS)
            assert decision.remaining == MAX_REQUESTS - n
            assert n * 60 - SLACK_S <= decision.reset_s <= n * 60

    @pytest.mark.parametrize(
        "numbers", [(0, 1), (1, 0), (MAX_REQUESTS + 1, 1), (1, MAX_REQUESTS + 1)]
    )
    async def test_impossible_numbers_are_refused(
        self, stage: Stage, numbers: tuple[int, int]
    ) -> None:
        """Rate and burst are 1 to ``MAX_REQUESTS``."""
        with pytest.raises(ValueError, match="rate_per_minute"):
            await stage.cache.take("ada", *numbers)

    async def test_a_blocked_pool_is_blocked_for_all(self, stage: Stage) -> None:
        """Until the time is over; 0 before, after, and for another pool."""
        assert await stage.other.blocked("sonnet") == 0
        assert await stage.cache.block("sonnet", 0.3)
        left_s = await stage.other.blocked("sonnet")
        assert left_s is not None
        assert 0 < left_s <= 0.3
        assert await stage.other.blocked("haiku") == 0
        await stage.pass_time(0.3 + SLACK_S)
        assert await stage.other.blocked("sonnet") == 0

    async def test_a_block_is_never_shortened(self, stage: Stage) -> None:
        """The later end counts, whoever names it."""
        await stage.cache.block("sonnet", 20)
        await stage.other.block("sonnet", 5)
        left_s = await stage.cache.blocked("sonnet")
        assert left_s is not None
        assert 20 - SLACK_S <= left_s <= 20
        await stage.other.block("sonnet", 30)
        left_s = await stage.cache.blocked("sonnet")
        assert left_s is not None
        assert left_s > 29
