"""A second call beside the first one of a turn, where that is late."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.unit.agent.paced_model import Door, PacedModel, Plan

from mainstay.agent.caller import Caller
from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.agent.hedge import Hedge
from mainstay.agent.race import Told
from mainstay.domain.model_call import FailureKind, ModelFailure, ModelRequest
from mainstay.domain.step import ModelStep, Usage
from mainstay.ports.model_events import ModelCalled, ModelHedged
from mainstay.resilience.deadline import Deadline
from mainstay.resilience.hedge_budget import CALLS_A_HEDGE, SAVED, HedgeBudget
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_model import calls, says
from mainstay.testing.world import Notes

AFTER_S = 3.0
ONE, TWO = says("One", model="m"), says("Two", model="m")
FAILED = ModelFailure("server", "HTTP 500", usage=Usage(7))
CUT = ModelFailure("cut", "cut", shown=True, usage=Usage(7))


class Providers:
    """Providers by their plans, behind a door each, and a hedge that may be sent."""

    def __init__(self, *plans: Sequence[Plan], left_s: float = 26.0) -> None:
        self.clock, self.notes = ManualClock(), Notes()
        self.models = [PacedModel(self.clock, list(one)) for one in plans]
        self.doors = [Door() for _ in plans]
        self.shown: list[str] = []
        names = ("anthropic", "bedrock", "vertex")
        callers = [
            Caller(model, [door], self.clock, self.notes, name)
            for model, door, name in zip(self.models, self.doors, names, strict=False)
        ]
        self.hedge = Hedge(callers, AFTER_S, self.clock, self.notes)
        self.earn(CALLS_A_HEDGE)
        self.left_s = left_s
        self.proposed = ProposedCall(
            "turn_1", ModelRequest("m", "", []), self.deadline, False, first=True
        )

    @property
    def deadline(self) -> Deadline:
        """One from now on."""
        return Deadline(self.clock.now_ms() + round(self.left_s * 1000), self.clock)

    def earn(self, times: int) -> None:
        """Count calls that were made before."""
        for _ in range(times):
            self.hedge.budget.earn()

    def start(self) -> asyncio.Task[Told]:
        """Make the call."""
        call = replace(self.proposed, deadline=self.deadline)
        return asyncio.create_task(self.hedge.call(call, self.shown.append))

    async def call(self, within_s: float = 30.0) -> Told:
        """Return how the call ended, which it does in that time."""
        task = self.start()
        await self.clock.run_for(within_s)
        assert task.done()
        return task.result()

    @property
    def asked(self) -> list[int]:
        """How often each model was called."""
        return [len(model.seen) for model in self.models]

    @property
    def won(self) -> list[str]:
        """What telemetry heard of hedges."""
        return [e.won for e in self.notes.events if isinstance(e, ModelHedged)]


async def test_a_call_in_time_stays_alone() -> None:
    """It has shown something, or ended, when the second one would be sent."""
    soon = Providers([Plan(ONE, 2.9, "One", 9)], [])
    assert await soon.call() == ONE
    done = Providers([Plan(calls("look"), 2.9)], [])
    assert isinstance(await done.call(), ModelStep)
    assert (soon.asked, done.asked) == ([1, 0], [1, 0])
    assert soon.won == done.won == []
    assert soon.hedge.budget.spend()


async def test_nothing_waits_for_a_call_that_has_ended() -> None:
    """Its alarm is off."""
    alone = Providers([Plan(ONE, 1, "One")])
    assert await alone.call(1.1) == ONE
    assert alone.clock.sleepers == 0


async def test_two_that_speak_at_once_are_heard_as_one() -> None:
    """The other's text goes nowhere, in the moment before it is cancelled too."""
    two = Providers([Plan(ONE, 4, "One", 1)], [Plan(TWO, 1, "Two", 1)])
    task = two.start()
    await two.clock.run_for(3.5)
    two.clock.advance(0.5)
    await two.clock.run_for(2)
    told = task.result()
    assert isinstance(told, ModelStep)
    assert two.shown == [told.text]


async def test_the_second_wins_when_it_speaks_first() -> None:
    """Its text alone is shown; the first is cancelled, and tells its gates nothing."""
    two = Providers([Plan(ONE, 7, "One")], [Plan(TWO, 1, "Two", 5)])
    assert await two.call(9.1) == replace(TWO, provider="bedrock")
    assert two.shown == ["Two"]
    assert two.models[0].cancelled == [0]
    assert (two.doors[0].settled, two.doors[0].given_back) == ([], 1)
    assert [door.inside for door in two.doors] == [0, 0]
    assert two.won == ["second"]


async def test_the_first_wins_when_it_speaks_first() -> None:
    """As soon as it does, the second one is cancelled."""
    two = Providers([Plan(ONE, 4, "One", 5)], [Plan(TWO, 2, "Two")])
    task = two.start()
    await two.clock.run_for(4.1)
    assert two.models[1].cancelled == [0]
    assert (two.doors[1].settled, two.doors[1].given_back) == ([], 1)
    await two.clock.run_for(5)
    assert task.result() == ONE
    assert (two.shown, two.won) == (["One"], ["first"])


async def test_who_ends_well_without_text_wins() -> None:
    """A tool call shows nothing; the loser's text is not shown any more."""
    two = Providers([Plan(ONE, 7, "One")], [Plan(calls("look"), 1)])
    told = await two.call()
    assert isinstance(told, ModelStep)
    assert told.calls
    assert (two.shown, two.won) == ([], ["second"])
    assert two.models[0].cancelled == [0]


async def test_what_won_stays_who_won() -> None:
    """Text that breaks off is the turn's, as ever: nobody else is heard or asked."""
    two = Providers([Plan(ONE, 7, "One")], [Plan(CUT, 1, "Tw", 1)], [Plan(ONE)])
    assert await two.call() == CUT
    assert two.shown == ["Tw"]
    assert two.asked == [1, 1, 0]


async def test_the_same_call_goes_to_the_next_provider() -> None:
    """It ends when the first would, and takes nothing that is scarce."""
    two = Providers([Plan(ONE, 7, "One")], [Plan(TWO, 1)])
    await two.call()
    [first], [second] = (model.seen for model in two.models)
    assert second == replace(first, timeout_s=first.timeout_s - AFTER_S)
    assert [door.asked[0].low_priority for door in two.doors] == [False, True]


async def test_the_same_provider_is_asked_again_where_no_other_can_be() -> None:
    """There is none, or its gates refuse."""
    alone = Providers([Plan(ONE, 7, "One"), Plan(TWO, 1, "Two")])
    assert await alone.call() == TWO
    two = Providers([Plan(ONE, 7, "One"), Plan(TWO, 1, "Two")], [])
    two.doors[1].opens = False
    assert await two.call() == TWO
    assert two.asked == [2, 0]
    assert (len(two.doors[0].settled), two.doors[0].given_back) == (1, 1)


async def test_a_hedge_that_no_gate_admits_was_none() -> None:
    """The first call goes on alone, and the budget has the hedge back."""
    alone = Providers([Plan(ONE, 7, "One")])
    task = alone.start()
    await alone.clock.run_for(1)
    alone.doors[0].opens = False
    await alone.clock.run_for(7)
    assert task.result() == ONE
    assert alone.won == []
    assert alone.hedge.budget.spend()


async def test_a_failure_before_the_hedge_is_followed_as_ever() -> None:
    """The next provider is asked at once, and no hedge is spent on it."""
    two = Providers([Plan(FAILED, 1)], [Plan(TWO, 5, "Two")])
    told = await two.call(6.1)
    assert isinstance(told, ModelStep)
    assert (told.text, two.asked, two.won) == ("Two", [1, 1], [])
    assert two.hedge.budget.spend()
    shut = Providers([], [Plan(TWO, 5, "Two")])
    shut.doors[0].opens = False
    assert isinstance(await shut.call(), ModelStep)
    at_fault = ModelFailure("invalid", "HTTP 400")
    alone = Providers([Plan(at_fault, 1)], [])
    assert await alone.call() == at_fault


@pytest.mark.parametrize(
    ("first", "second"), [(Plan(FAILED, 4), Plan(TWO, 3)), (Plan(TWO, 7), Plan(FAILED))]
)
async def test_a_failure_beside_the_other_call_waits_for_it(
    first: Plan, second: Plan
) -> None:
    """What the failed one took is the turn's too."""
    two = Providers([first], [second], [])
    told = await two.call()
    assert isinstance(told, ModelStep)
    assert told.text == "Two"
    assert told.usage == TWO.usage + FAILED.usage
    assert two.asked == [1, 1, 0]


async def test_when_both_fail_who_was_not_asked_is() -> None:
    """Each provider once; where all fail, the ladder hears of the last one."""
    three = Providers([Plan(FAILED, 4)], [Plan(FAILED, 4)], [Plan(ONE)])
    told = await three.call()
    assert isinstance(told, ModelStep)
    assert (told.text, told.usage) == ("One", ONE.usage + Usage(14))
    assert (three.asked, three.won) == ([1, 1, 1], ["none"])
    two = Providers([Plan(FAILED, 4)], [Plan(replace(FAILED, detail="2"), 4)])
    assert await two.call() == replace(FAILED, detail="2", usage=Usage(14))
    assert two.asked == [1, 1]


@pytest.mark.parametrize("first", ["truncated", "slow"])
async def test_what_a_hedge_took_in_vain_is_counted(first: FailureKind) -> None:
    """Also where the first one's failure, or the time, ends the walk."""
    failed = ModelFailure(first, "", usage=Usage(5))
    two = Providers([Plan(failed, 5)], [Plan(FAILED, 6)], left_s=12)
    assert await two.call() == replace(failed, usage=Usage(12))


async def test_each_call_is_told_once() -> None:
    """A cancelled one is none in telemetry, as ever."""
    two = Providers([Plan(ONE, 7, "One")], [Plan(TWO, 1, "Two")])
    await two.call()
    told = [e.provider for e in two.notes.events if isinstance(e, ModelCalled)]
    assert told == ["bedrock"]


async def test_only_a_turns_first_call_gets_one() -> None:
    """After a tool or a text it waits alone, however late it is."""
    two = Providers([Plan(ONE, 7, "One")], [])
    two.proposed = replace(two.proposed, first=False)
    assert await two.call() == ONE
    assert two.asked == [1, 0]


@pytest.mark.parametrize(("left_s", "timeout_s"), [(8.9, 20), (26, 3)])
async def test_without_time_nobody_else_is_asked(
    left_s: float, timeout_s: float
) -> None:
    """Six seconds must be left, and some of the call's own."""
    two = Providers([Plan(ONE, 7, "One")], [], left_s=left_s)
    request = replace(two.proposed.request, timeout_s=timeout_s)
    two.proposed = replace(two.proposed, request=request)
    assert await two.call() == ONE
    assert two.asked == [1, 0]


async def test_the_end_of_the_turn_ends_both() -> None:
    """Neither tells its gates anything, and neither is left behind."""
    two = Providers([Plan(ONE, 7)], [Plan(TWO, 7)])
    task = two.start()
    await two.clock.run_for(4)
    before = len(asyncio.all_tasks())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [model.cancelled for model in two.models] == [[0], [0]]
    assert [door.given_back for door in two.doors] == [1, 1]
    assert len(asyncio.all_tasks()) == before - 3


async def test_of_a_hundred_late_calls_five_get_one() -> None:
    """Calls of any kind earn them, and none was earned before."""
    late = [Plan(ONE, 7, "One")] * 200
    two = Providers(late, [Plan(TWO, 9)] * 200)
    assert two.hedge.budget.spend()
    for n in range(1, 101):
        await two.call()
        assert two.asked == [n, n // 20]


def test_a_quiet_day_saves_few_of_them() -> None:
    """A model that turns slow gets five at once, then 5% again."""
    budget = HedgeBudget()
    assert not budget.spend()
    for _ in range(10_000):
        budget.earn()
    assert [budget.spend() for _ in range(SAVED + 1)] == [True] * SAVED + [False]
    budget.give_back()
    assert (budget.spend(), budget.spend()) == (True, False)


async def test_all_shut_is_a_refusal() -> None:
    """As without a hedge."""
    two = Providers([], [])
    for door in two.doors:
        door.opens = False
    assert isinstance(await two.call(), Refusal)
