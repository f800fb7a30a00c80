"""Room for calls at once: who waits, for how long, and who comes first."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.agent.turn_script import say

from mainstay.agent.caller import Caller
from mainstay.agent.concurrency_gate import ConcurrencyGate
from mainstay.agent.gate import CallEnd, Pass, ProposedCall, Refusal
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.ports.model import OnText
from mainstay.ports.model_events import ModelAwaited
from mainstay.resilience.concurrency_limit import ConcurrencyLimit, ConcurrencyOptions
from mainstay.resilience.deadline import Deadline
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import Notes, World

TEN = ConcurrencyOptions(least=10, most=10)
"""Ten calls at once, two of them in reserve; five may wait."""


class Place:
    """A gate with one model, and its time."""

    def __init__(self, options: ConcurrencyOptions = TEN) -> None:
        self.clock = ManualClock()
        self.notes = Notes()
        self.limit = ConcurrencyLimit(
            self.clock, options, on_change=lambda limit, cause: None
        )
        self.gate = ConcurrencyGate({"m": self.limit}, self.clock, self.notes, options)

    def call(self, *, underway: bool = False, left_s: float = 26.0) -> ProposedCall:
        """Return a call of an attempt with so many seconds left."""
        deadline = Deadline(self.clock.now_ms() + int(left_s * 1000), self.clock)
        request = ModelRequest("m", "", [], timeout_s=20.0)
        return ProposedCall("turn_1", request, deadline, underway)

    async def enter(self, *, underway: bool = False) -> Pass:
        """Return the pass of a call that needs not wait."""
        admitted = await self.gate.admit(self.call(underway=underway))
        assert not isinstance(admitted, Refusal)
        return admitted

    async def line_up(
        self, *, underway: bool = False, left_s: float = 26.0
    ) -> "asyncio.Task[Pass | Refusal]":
        """Return a call that waits."""
        call = self.call(underway=underway, left_s=left_s)
        waiting = self.clock.sleepers
        task = asyncio.ensure_future(self.gate.admit(call))
        await self.clock.until_sleepers(waiting + 1)
        return task


async def settled(*tasks: "asyncio.Task[Pass | Refusal]") -> list[bool]:
    """Tell which are admitted, once whoever can go on has."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


async def test_a_fifth_is_kept_for_conversations_under_way() -> None:
    """The ninth call of new work finds no room; two of work under way still do."""
    place = Place()
    for _ in range(8):
        await place.enter()
    ninth = await place.line_up()
    await place.enter(underway=True)
    await place.enter(underway=True)
    assert await settled(ninth) == [False]
    await place.clock.run_for(2)
    assert isinstance(await ninth, Refusal)


async def test_those_who_wait_come_in_the_order_of_arrival() -> None:
    """Each end lets the first in, new or under way; a late comer overtakes nobody."""
    place = Place()
    passes = [await place.enter(underway=True) for _ in range(10)]
    waiting = [
        await place.line_up(),
        await place.line_up(underway=True),
        await place.line_up(),
        await place.line_up(underway=True),
    ]
    for served in range(1, 5):
        passes.pop().give_back()
        assert await settled(*waiting) == [n < served for n in range(4)]


async def test_work_under_way_passes_new_work_that_has_its_share() -> None:
    """Eight calls of new work run, so the next place is for work under way."""
    place = Place()
    new = [await place.enter() for _ in range(8)]
    underway = [await place.enter(underway=True) for _ in range(2)]
    first = await place.line_up()
    second = await place.line_up(underway=True)
    underway.pop().give_back()
    assert await settled(first, second) == [False, True]
    new.pop().give_back()
    assert await settled(first) == [True]


async def test_a_wait_is_bounded_in_time() -> None:
    """After 2 s the call goes down the ladder, with the cause in words."""
    place = Place()
    for _ in range(8):
        await place.enter()
    waiting = await place.line_up()
    await place.clock.run_for(1.99)
    assert await settled(waiting) == [False]
    await place.clock.run_for(0.01)
    refused = await waiting
    assert refused == Refusal("m has 8 calls at once, of 10 that it bears")
    assert place.notes.events == [ModelAwaited("turn_1", "m", "too_long", 2000.0)]


async def test_a_wait_is_bounded_in_number() -> None:
    """Half as many wait as may run; one more is refused at once."""
    place = Place()
    for _ in range(8):
        await place.enter()
    waiting = [await place.line_up() for _ in range(5)]
    assert isinstance(await place.gate.admit(place.call()), Refusal)
    assert place.notes.events == [ModelAwaited("turn_1", "m", "no_place", 0.0)]
    await place.clock.run_for(2)
    refused = await asyncio.gather(*waiting)
    assert all(isinstance(one, Refusal) for one in refused)
    # Whoever gave up takes no room in the line.
    (await place.line_up()).cancel()


async def test_a_wait_leaves_time_for_a_lower_level() -> None:
    """With 9 s left one second may be waited; with 8 s left none."""
    place = Place()
    for _ in range(8):
        await place.enter()
    waiting = await place.line_up(left_s=9.0)
    await place.clock.run_for(1)
    assert isinstance(await waiting, Refusal)
    refused = await place.gate.admit(place.call(left_s=8.0))
    assert isinstance(refused, Refusal)


async def test_what_was_waited_is_taken_off_the_call() -> None:
    """A call that waited still ends before the attempt does."""
    place = Place(ConcurrencyOptions(least=1, most=1, reserve=0))
    timeouts: list[float] = []

    class Model:
        async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
            timeouts.append(request.timeout_s)
            return say("Hello")

        async def close(self) -> None:
            pass

    held = await place.enter()
    caller = Caller(Model(), [place.gate], place.clock, Notes())
    call = place.call(left_s=21.5)
    task = asyncio.ensure_future(caller.call(call, lambda text: None))
    await place.clock.until_sleepers(1)
    await place.clock.run_for(1)
    held.give_back()
    assert isinstance(await task, ModelStep)
    assert timeouts == [19.0]


async def test_a_wait_that_is_cancelled_leaves_nothing_taken() -> None:
    """Neither a place in the line, nor a slot that came at the same moment."""
    place = Place()
    passes = [await place.enter(underway=True) for _ in range(10)]
    gone = await place.line_up(underway=True)
    gone.cancel()
    await settled(gone)
    late = await place.line_up(underway=True)
    passes.pop().give_back()  # the slot is in the future of `late` now
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    assert place.limit.in_flight == 9
    await place.enter(underway=True)


async def test_a_slot_lost_to_a_cancellation_goes_to_the_next() -> None:
    """Who stands behind the one that was cancelled does not wait for another end."""
    place = Place()
    passes = [await place.enter(underway=True) for _ in range(10)]
    late = await place.line_up(underway=True)
    following = await place.line_up(underway=True)
    passes.pop().give_back()
    late.cancel()
    await settled(late)
    assert await settled(following) == [True]


@pytest.mark.parametrize(
    ("outcome", "cuts"),
    [
        (ModelFailure("overloaded", ""), True),
        (ModelFailure("shed", ""), True),
        (ModelFailure("slow", ""), True),
        (ModelFailure("server", ""), False),
        (ModelFailure("rate_limited", ""), False),
        (ModelFailure("invalid", ""), False),
        (ModelStep("m", [{"type": "tool_use"}], "tool_use"), False),
    ],
)
async def test_what_speaks_for_too_many_calls(
    outcome: ModelOutcome, cuts: bool
) -> None:
    """Overload, our own adapter's bound and late first texts; nothing else does."""
    place = Place(ConcurrencyOptions())
    passes = [await place.enter() for _ in range(40)]
    place.clock.advance(8)
    for one in passes:
        one.settle(CallEnd(outcome, 8.0))
    assert (place.limit.limit < 320) is cuts
    assert place.limit.in_flight == 0


async def test_a_refused_call_goes_down_the_ladder(tmp_path: Path) -> None:
    """With the primary model full, the fallback answers, within the wait's bound."""
    one = ConcurrencyOptions(least=1, most=1, reserve=0, wait_s=0.05)
    busy, go = asyncio.Event(), asyncio.Event()

    class Model:
        async def call(self, request: ModelRequest, on_text: OnText) -> ModelOutcome:
            if request.model == "primary":
                busy.set()
                await go.wait()
            return say(f"I am the {request.model}.")

        async def close(self) -> None:
            pass

    world = World(tmp_path, Model(), ScriptedTools(), at_once=one)
    async with world.living():
        first = await world.say((await world.open()).id, "Hello")
        await busy.wait()
        second = await world.say((await world.open()).id, "Hello")
        reply = await world.reply(second)
        assert reply is not None
        assert (reply.fallback_level, reply.tools_enabled) == (2, False)
        go.set()
        reply = await world.reply(first)
        assert reply is not None
        assert reply.fallback_level == 0
    [waited] = [e for e in world.notes.events if isinstance(e, ModelAwaited)]
    assert (waited.turn_id, waited.outcome) == (second.turn_id, "too_long")
