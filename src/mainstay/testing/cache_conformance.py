"""What every adapter of the Cache port must do while it is there; run it on yours.

Subclass ``CacheConformance`` and give it a ``stage`` fixture: one fresh cache as two
processes have it.
"""

import asyncio
from typing import Protocol

import pytest

from mainstay.domain.pool import NOTHING, Amounts, PoolState
from mainstay.ports.cache import MAX_CONTEXT_BYTES, MAX_REQUESTS, Cache
from mainstay.ports.limiter import Decision
from mainstay.ports.pools import PoolLease, PoolReport

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


MINUTE = Amounts(1_000, 600_000, 60_000)
"""The limits of a stage's pool."""

FULL = PoolState(MINUTE, MINUTE)


async def leased(cache: Cache, report: PoolReport) -> PoolLease:
    """Lease from the stage's pool; the cache must be there."""
    lease = await cache.lease("sonnet", report)
    assert lease is not None, "the cache was away"
    return lease


async def blocked(cache: Cache, pool: str = "sonnet") -> float:
    """Return the seconds that a pool is blocked for; the cache must be there."""
    lease = await cache.lease(pool, PoolReport())
    assert lease is not None, "the cache was away"
    return lease.blocked_s


def spent(share: float) -> PoolState:
    """Return what a provider says when this share of the tokens is used."""
    left = (int(limit * (1 - share)) for limit in MINUTE)
    return PoolState(MINUTE, Amounts(*left))


def near(amounts: Amounts, expected: Amounts) -> bool:
    """Tell whether amounts are those expected, but for a second's refill."""
    pairs = zip(amounts, expected, MINUTE, strict=True)
    return all(abs(one - two) <= limit / 60 for one, two, limit in pairs)


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
        assert await blocked(stage.other) == 0
        assert await stage.cache.block("sonnet", 0.3)
        assert 0 < await blocked(stage.other) <= 0.3
        assert await blocked(stage.other, "haiku") == 0
        await stage.pass_time(0.3 + SLACK_S)
        assert await blocked(stage.other) == 0

    async def test_a_block_is_never_shortened(self, stage: Stage) -> None:
        """The later end counts, whoever names it."""
        await stage.cache.block("sonnet", 20)
        await stage.other.block("sonnet", 5)
        assert 20 - SLACK_S <= await blocked(stage.cache) <= 20
        await stage.other.block("sonnet", 30)
        assert await blocked(stage.cache) > 29

    async def test_without_a_limit_all_is_granted(self, stage: Stage) -> None:
        """Nobody was told a limit: whoever asks gets what it wants."""
        want = Amounts(10, 10**9, 10**9)
        lease = await leased(stage.cache, PoolReport(need=want, want=want))
        assert (lease.granted, lease.limit) == (want, NOTHING)
        assert (lease.wait_s, lease.blocked_s) == (0, 0)

    async def test_a_limit_seen_by_one_is_known_to_all(self, stage: Stage) -> None:
        """What the provider says of its limits counts for every process."""
        await leased(stage.cache, PoolReport(seen=spent(0.5)))
        lease = await leased(stage.other, PoolReport())
        assert lease.limit == MINUTE
        assert near(lease.left, spent(0.5).left)

    async def test_a_slice_is_taken_off(self, stage: Stage) -> None:
        """What one has leased is not there for another, until it gives it back."""
        some = Amounts(100, 60_000, 6_000)
        await leased(stage.cache, PoolReport(seen=FULL))
        lease = await leased(stage.cache, PoolReport(need=some, want=some))
        assert lease.granted == some
        assert near((await leased(stage.other, PoolReport())).left, spent(0.1).left)
        back = Amounts(*(-amount for amount in some))
        await leased(stage.cache, PoolReport(charge=back))
        assert near((await leased(stage.other, PoolReport())).left, MINUTE)

    async def test_a_want_beyond_the_need_is_met_in_part(self, stage: Stage) -> None:
        """Of what can be had, a quarter; below half of the limit, a sixteenth."""
        await leased(stage.cache, PoolReport(seen=FULL))
        lease = await leased(stage.cache, PoolReport(want=Amounts(900, 0, 0)))
        assert abs(lease.granted.requests - 237) <= 5
        await leased(stage.cache, PoolReport(seen=spent(0.6)))
        need = Amounts(30, 0, 0)
        report = PoolReport(need=need, want=Amounts(900, 0, 0))
        lease = await leased(stage.cache, report)
        assert abs(lease.granted.requests - (30 + 20)) <= 5

    async def test_calls_at_hand_get_all_that_there_is(self, stage: Stage) -> None:
        """They are no supply for later: as many are served as can be."""
        await leased(stage.cache, PoolReport(seen=spent(0.6)))
        need, hand = Amounts(1, 0, 0), Amounts(200, 0, 0)
        lease = await leased(stage.cache, PoolReport(need=need, hand=hand, want=hand))
        assert lease.granted == hand
        lease = await leased(stage.other, PoolReport(need=need, hand=hand, want=hand))
        # 350 can be leased of the 400 that were left.
        assert 149 <= lease.granted.requests <= 155

    async def test_the_last_of_a_limit_is_never_leased(self, stage: Stage) -> None:
        """5% are left; the wait is told, and waiting for it is enough."""
        await leased(stage.cache, PoolReport(seen=spent(0.95)))
        need = Amounts(1, 1, 1_000)
        refused = await leased(stage.other, PoolReport(need=need, want=need))
        assert refused.granted == NOTHING
        assert 0.5 < refused.wait_s <= 1
        await stage.pass_time(refused.wait_s)
        again = await leased(stage.cache, PoolReport(need=need, want=need))
        assert again.granted == need

    async def test_a_rush_leases_no_more_than_there_is(self, stage: Stage) -> None:
        """However many ask at once, through whichever process."""
        await leased(stage.cache, PoolReport(seen=spent(0.5)))
        need = Amounts(10, 0, 0)
        report = PoolReport(need=need, want=need)
        rush = [leased(c, report) for c in (stage.cache, stage.other) * 50]
        found = await asyncio.gather(*rush)
        total = sum(one.granted.requests for one in found)
        # 45% of 1,000, and what is refilled meanwhile.
        assert 440 <= total <= 450 + 1_000 / 60 * 5

    async def test_a_debt_counts(self, stage: Stage) -> None:
        """What was used beyond a lease is charged, even beyond the limit."""
        debt = Amounts(0, 630_000, 0)
        lease = await leased(stage.cache, PoolReport(seen=FULL, charge=debt))
        assert lease.left.input_tokens < 0
        need = Amounts(1, 1, 1)
        refused = await leased(stage.other, PoolReport(need=need, want=need))
        # To 5% left from 5% beyond, at 10,000 a second.
        assert 5 <= refused.wait_s <= 6.1

    async def test_the_provider_is_believed_when_it_counts_more(
        self, stage: Stage
    ) -> None:
        """Others may draw on the same limits; but what it said a while ago is old."""
        await leased(stage.cache, PoolReport(seen=spent(0.8)))
        await leased(stage.cache, PoolReport(seen=FULL))
        lease = await leased(stage.other, PoolReport())
        assert near(lease.left, spent(0.8).left)
        stale = PoolReport(seen=spent(1.0), seen_age_s=30)
        lease = await leased(stage.other, stale)
        assert near(lease.left, spent(0.8).left)

    async def test_a_pool_is_refilled_evenly(self, stage: Stage) -> None:
        """A sixtieth of the limit a second."""
        before = await leased(stage.cache, PoolReport(seen=spent(0.5)))
        await stage.pass_time(1.2)
        after = await leased(stage.other, PoolReport())
        gained = after.left.input_tokens - before.left.input_tokens
        assert 12_000 <= gained <= 12_000 + SLACK_S * 10_000

    async def test_nothing_is_leased_while_a_pool_is_blocked(
        self, stage: Stage
    ) -> None:
        """The block is told; what is used meanwhile is still counted."""
        await leased(stage.cache, PoolReport(seen=FULL))
        await stage.other.block("sonnet", 0.4)
        need = Amounts(1, 1, 1)
        lease = await leased(stage.cache, PoolReport(need=need, want=need))
        assert lease.granted == NOTHING
        assert 0.1 < lease.blocked_s <= 0.4
        await stage.pass_time(0.4 + SLACK_S)
        lease = await leased(stage.cache, PoolReport(need=need, want=need))
        assert (lease.granted, lease.blocked_s) == (need, 0)

    async def test_after_a_ramp_limit_it_fills_slowly_at_first(
        self, stage: Stage
    ) -> None:
        """It begins with nothing to lease, and the refill grows from nothing."""
        await leased(stage.cache, PoolReport(seen=FULL))
        before = await leased(stage.cache, PoolReport(ramp_in_s=0.1))
        assert before.left.input_tokens <= 0.06 * MINUTE.input_tokens
        await stage.pass_time(1.1)
        after = await leased(stage.other, PoolReport())
        gained = after.left.input_tokens - before.left.input_tokens
        # One second of 60: 1/120 of what a full second brings.
        assert 0 <= gained <= 10_000 / 120 * (1 + SLACK_S) ** 2 + 1
