"""The gate of the provider's limits: who passes, who waits, who goes down."""

import asyncio
from typing import Any

import pytest
from tests.unit.caches.fickle import FickleCache

from mainstay.agent.gate import CallEnd, Pass, ProposedCall, Refusal
from mainstay.agent.rate_gate import AFTER_WAIT_S, RateGate
from mainstay.caches.pool_leases import PoolLeases
from mainstay.domain.model_call import FailureKind, ModelFailure, ModelRequest
from mainstay.domain.pool import Amounts, PoolState
from mainstay.domain.step import ModelStep, Usage
from mainstay.ports.pools import PoolLease, PoolReport
from mainstay.resilience.deadline import Deadline
from mainstay.testing.cache_conformance import blocked
from mainstay.testing.clock import ManualClock
from mainstay.testing.world import Notes

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"
LIMIT = Amounts(600, 600_000, 600_000)


def state(left: float) -> PoolState:
    """Return a pool with this share of everything left."""
    return PoolState(LIMIT, Amounts(*(int(limit * left) for limit in LIMIT)))


class Desk:
    """A gate before a cache in memory, and who proposes calls to it."""

    def __init__(self, *, fallback: str | None = HAIKU, workers: int = 1) -> None:
        self.clock = ManualClock()
        self.cache = FickleCache(self.clock)
        models = (SONNET,) if fallback is None else (SONNET, fallback)
        self.leases = PoolLeases(
            self.cache,
            {"sonnet", "haiku"},
            sharers=lambda: workers,
            clock=self.clock,
            telemetry=Notes(),
        )
        self.gate = RateGate(self.leases, models, self.clock)

    async def knows(self, sonnet: float, haiku: float = 1.0) -> None:
        """Let the provider tell what is left."""
        self.leases.of("sonnet").see(state(sonnet))
        self.leases.of("haiku").see(state(haiku))
        await self.leases.look()

    async def asks(
        self, model: str = SONNET, *, left_s: float = 26, words: int = 1, **more: Any
    ) -> Pass | Refusal:
        """Propose a call."""
        deadline = Deadline(self.clock.now_ms() + int(left_s * 1000), self.clock)
        request = ModelRequest(
            model, "Help.", [{"role": "user", "content": "Hello" * words}]
        )
        call = ProposedCall("turn_1", request, deadline, underway=False, **more)
        return await self.gate.admit(call)

    async def passes(self, model: str = SONNET, **more: Any) -> Pass:
        """Propose a call that must be admitted."""
        admitted = await self.asks(model, **more)
        assert not isinstance(admitted, Refusal), admitted
        return admitted

    async def refused(self, model: str = SONNET, **more: Any) -> Refusal:
        """Propose a call that must be refused."""
        refusal = await self.asks(model, **more)
        assert isinstance(refusal, Refusal)
        return refusal


def says(pool: PoolState | None = None, **usage: int) -> CallEnd:
    """Return the end of a call that was answered."""
    content = [{"type": "text", "text": "Hi"}]
    return CallEnd(ModelStep(SONNET, content, "end_turn", Usage(**usage), pool), 0.1)


def fails(kind: FailureKind, **more: Any) -> CallEnd:
    """Return the end of a call that failed."""
    return CallEnd(ModelFailure(kind, "", **more), 0.1)


async def test_without_a_known_limit_nobody_is_asked() -> None:
    """No limiting and no round trip: the first answers tell the limits."""
    desk = Desk()
    for _ in range(100):
        (await desk.passes()).settle(says())
    assert desk.cache.leases == 0


async def test_limits_are_learned_from_an_answer() -> None:
    """They need not be configured."""
    desk = Desk()
    (await desk.passes()).settle(says(state(0.04), input_tokens=10, output_tokens=5))
    await desk.leases.look()
    assert (await desk.refused()).waits


async def test_while_there_is_room_few_calls_cause_a_round_trip() -> None:
    """20 calls a second for 30 s: less than two trips a second with its looks."""
    desk = Desk()
    await desk.knows(1.0)
    before = desk.cache.leases
    for _ in range(30):
        for _ in range(20):
            admitted = await desk.passes()
            admitted.settle(says(input_tokens=2, output_tokens=60))
            desk.clock.advance(0.05)
        await desk.leases.renew("sonnet")
    assert desk.cache.leases - before <= 60


async def test_what_is_reserved_is_settled_by_what_was_used() -> None:
    """A thousand small calls leave what they did not use."""
    desk = Desk()
    await desk.knows(1.0)
    for _ in range(100):
        (await desk.passes()).settle(
            says(input_tokens=50, output_tokens=20, cache_read_tokens=900)
        )
    for _ in range(8):
        desk.clock.advance(0.6)  # refills 6 requests, 6,000 and 600 tokens
        await desk.leases.look()
    left = desk.leases.of("sonnet").left
    assert left[0] == pytest.approx(1 - 100 / 600 + 4.8 / 60, abs=0.01)
    assert left[1:] == pytest.approx((1, 1), abs=0.01)


@pytest.mark.parametrize("kind", ["rate_limited", "shed", "invalid", "auth"])
async def test_a_call_that_was_refused_used_nothing(kind: FailureKind) -> None:
    """Its whole estimate is put back; so is that of a call that was not made."""
    desk = Desk()
    await desk.knows(0.5)
    for _ in range(50):
        (await desk.passes()).settle(fails(kind))
        (await desk.passes()).give_back()
    for _ in range(8):
        desk.clock.advance(0.6)
        await desk.leases.look()
    assert desk.leases.of("sonnet").left == pytest.approx((0.58,) * 3, abs=0.005)


async def test_low_priority_has_the_fallback_below_20_percent() -> None:
    """Others have the primary still; and nobody waits."""
    desk = Desk()
    await desk.knows(0.21)
    await desk.passes(low_priority=True)
    await desk.knows(0.19)
    refusal = await desk.refused(low_priority=True)
    assert (refusal.waits, refusal.retry_in_s) == (False, None)
    await desk.passes(HAIKU, low_priority=True)
    await desk.passes()


@pytest.mark.parametrize("haiku", [0.19, 0.02])
async def test_low_priority_stays_where_the_fallback_is_low_as_well(
    haiku: float,
) -> None:
    """There would be nothing gained."""
    desk = Desk()
    await desk.knows(0.19, haiku)
    await desk.passes(low_priority=True)


async def test_low_priority_stays_where_there_is_no_fallback() -> None:
    """Level 3 is no model."""
    desk = Desk(fallback=None)
    await desk.knows(0.19)
    await desk.passes(low_priority=True)


async def test_below_5_percent_a_turn_waits_if_its_time_allows_it() -> None:
    """Else it goes down; whoever waits has time left for a reply after it."""
    desk = Desk()
    await desk.knows(0.0)
    refusal = await desk.refused()
    assert refusal.waits
    assert refusal.retry_in_s == pytest.approx(3, abs=0.2)
    assert not (await desk.refused(left_s=AFTER_WAIT_S + 3)).waits
    assert (await desk.refused(left_s=AFTER_WAIT_S + 4)).waits
    desk.clock.advance(4)
    await desk.leases.look()
    await desk.passes(again=True)


async def test_no_more_wait_than_can_be_served_in_time() -> None:
    """Each has its own time; those for whom there is none go down at once."""
    desk = Desk(workers=2)
    await desk.knows(0.0)
    told = [await desk.refused() for _ in range(200)]
    waiting = [one.retry_in_s or 0 for one in told if one.waits]
    # 3 s until there is anything, then half of 10 requests a second until 17 s.
    assert 60 <= len(waiting) <= 72
    assert waiting == sorted(waiting)
    assert waiting[-1] - waiting[0] > 13


async def test_who_has_waited_comes_before_who_has_not() -> None:
    """As long as there is a line, newcomers stand in it."""
    desk = Desk()
    await desk.knows(0.0)
    for _ in range(30):
        await desk.refused()
    desk.clock.advance(4)
    await desk.leases.look()
    assert (await desk.refused()).waits
    await desk.passes(again=True)


async def test_a_dry_pool_costs_few_round_trips() -> None:
    """A thousand refusals in a second ask four times."""
    desk = Desk()
    await desk.knows(0.0)
    before = desk.cache.leases
    for _ in range(1_000):
        await desk.refused(again=True)
        desk.clock.advance(0.001)
    assert desk.cache.leases - before <= 5


async def test_a_rate_limit_blocks_the_pool_for_everybody() -> None:
    """At once here, and elsewhere as soon as it looks; the other pool is free."""
    desk = Desk()
    await desk.knows(1.0)
    (await desk.passes()).settle(fails("rate_limited", retry_after_s=8))
    refusal = await desk.refused()
    assert (refusal.waits, refusal.retry_in_s) == (False, 8)
    await desk.passes(HAIKU)
    await desk.leases.look()
    assert await blocked(desk.cache) == 8
    desk.clock.advance(8)
    await desk.leases.look()
    await desk.passes()


async def test_a_blocked_pool_sends_turns_to_one_that_is_low() -> None:
    """But not to one that has nothing: then the turn waits."""
    desk = Desk()
    await desk.knows(1.0, 0.15)
    (await desk.passes()).settle(fails("rate_limited", retry_after_s=8))
    assert not (await desk.refused()).waits
    await desk.knows(1.0, 0.01)
    assert (await desk.refused()).waits


async def test_with_both_pools_blocked_a_turn_waits() -> None:
    """If there is time for it."""
    desk = Desk()
    await desk.knows(1.0)
    (await desk.passes()).settle(fails("rate_limited", retry_after_s=8))
    (await desk.passes(HAIKU)).settle(fails("rate_limited", retry_after_s=12))
    assert (await desk.refused()).waits
    assert (await desk.refused(HAIKU)).waits
    assert not (await desk.refused(HAIKU, left_s=20)).waits


async def test_a_rate_limit_without_a_time_is_believed_by_its_headers() -> None:
    """Nothing is left, whatever was counted."""
    desk = Desk()
    await desk.knows(1.0)
    (await desk.passes()).settle(fails("rate_limited", pool=state(0.0)))
    await desk.leases.look()
    assert (await desk.refused()).waits


async def test_after_a_ramp_limit_calls_come_back_slowly() -> None:
    """Nothing for its time, then less than at the full rate for a minute."""
    desk = Desk()
    await desk.knows(1.0)
    (await desk.passes()).settle(fails("ramp_limited", retry_after_s=5))
    await desk.leases.look()
    desk.clock.advance(5)
    passed = []
    for _ in range(3):
        count = 0
        for _ in range(200):
            desk.clock.advance(0.1)
            if not isinstance(await desk.asks(again=True, left_s=9), Refusal):
                count += 1
        passed.append(count)
    assert passed[0] < passed[1] < passed[2]
    assert passed[0] <= 40


async def test_calls_that_wait_for_one_slice_wait_for_one_trip() -> None:
    """A burst is one or two round trips, not one a call."""
    desk = Desk()
    await desk.knows(1.0)
    before = desk.cache.leases
    admitted = await asyncio.gather(*(desk.asks() for _ in range(60)))
    assert not any(isinstance(one, Refusal) for one in admitted)
    assert desk.cache.leases - before <= 3


async def test_a_call_in_the_moment_of_a_lease_gets_one_of_its_own() -> None:
    """What was leased just before, for others, says nothing of its need."""
    desk, asked = Desk(), list[asyncio.Task[Pass | Refusal]]()
    lease = desk.cache.lease
    await desk.knows(1.0)

    async def leases(pool: str, report: PoolReport) -> PoolLease | None:
        if not asked:
            asked.append(asyncio.create_task(desk.asks()))
        return await lease(pool, report)

    desk.cache.lease = leases  # type: ignore[method-assign]
    await desk.leases.renew("sonnet")
    assert not isinstance(admitted := await asked[0], Refusal), admitted


async def test_a_burst_near_the_limit_gets_all_that_there_is() -> None:
    """Nobody is told to wait as long as there is something left."""
    desk = Desk()
    await desk.knows(0.15)
    admitted = await asyncio.gather(*(desk.asks() for _ in range(80)))
    waits = [one for one in admitted if isinstance(one, Refusal)]
    assert len(waits) == 80 - 60


async def test_alone_among_many_a_call_above_its_part_passes() -> None:
    """Without the cache it counts as half of what one worker may have at most."""
    desk = Desk(workers=8)
    desk.cache.away = True
    limit = Amounts(400, 30_000, 8_000)
    desk.leases.of("sonnet").see(PoolState(limit, limit))
    await desk.leases.look()
    await desk.passes(words=20_000)


async def test_a_call_cancelled_at_the_gate_takes_nothing() -> None:
    """Its wish for a slice is forgotten."""
    desk = Desk()
    await desk.knows(1.0)
    asking = asyncio.ensure_future(desk.asks())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    for _ in range(8):
        desk.clock.advance(0.6)
        await desk.leases.look()
    assert desk.leases.of("sonnet").left == (1, 1, 1)


async def test_a_lease_that_never_comes_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever finds the slice used up goes on after a bounded wait, refused."""
    desk, waited = Desk(), list[str]()

    async def never(_: PoolLeases, pool: str, need: Amounts) -> None:
        waited.append(pool)
        await asyncio.Event().wait()

    await desk.knows(1.0)
    monkeypatch.setattr(PoolLeases, "renew", never)
    monkeypatch.setattr("mainstay.agent.rate_gate.LEASE_S", 0.01)
    async with asyncio.timeout(10):
        while not isinstance(await desk.asks(), Refusal):
            assert not waited
    assert waited == ["sonnet"]
