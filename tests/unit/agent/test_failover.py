"""One provider after the other, on one level of the ladder."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import get_args

import pytest

from mainstay.agent.caller import Caller
from mainstay.agent.descent import Descend, decide
from mainstay.agent.failover import FAILS_OVER, Failover
from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.domain.model_call import (
    FailureKind,
    ModelFailure,
    ModelOutcome,
    ModelRequest,
)
from mainstay.domain.step import ModelStep, Usage
from mainstay.ports.model_events import ModelCalled
from mainstay.resilience.deadline import Deadline
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_model import ScriptedModel, says
from mainstay.testing.world import Notes

SAYS = says("Hello", model="m")
SHUT = Refusal("m is paused by its breaker", 40)


@dataclass
class Provider:
    """Answers as told, after some time; notes what it was asked."""

    answer: ModelOutcome | Refusal
    clock: ManualClock
    takes_s: float = 0.0
    asked: list[ModelRequest] = field(default_factory=list[ModelRequest])

    async def call(
        self, call: ProposedCall, on_text: Callable[[str], None]
    ) -> ModelOutcome | Refusal:
        """Answer."""
        self.asked.append(call.request)
        self.clock.advance(self.takes_s)
        return self.answer


class Pair:
    """Two providers and a call with 26 s."""

    def __init__(
        self,
        first: ModelOutcome | Refusal,
        second: ModelOutcome | Refusal = SAYS,
        takes_s: float = 0.0,
    ) -> None:
        self.clock = ManualClock()
        self.first = Provider(first, self.clock, takes_s)
        self.second = Provider(second, self.clock)

    async def call(self) -> ModelOutcome | Refusal:
        """Make the call."""
        deadline = Deadline(self.clock.now_ms() + 26_000, self.clock)
        call = ProposedCall(
            "turn_1", ModelRequest("m", "", []), deadline, underway=False
        )
        return await Failover([self.first, self.second]).call(call, lambda _: None)


def failed(kind: FailureKind, *, shown: bool = False) -> ModelFailure:
    """Return a failure."""
    return ModelFailure(kind, kind, shown=shown)


async def test_the_first_one_that_works_is_the_only_one() -> None:
    """Nobody else is asked."""
    pair = Pair(SAYS, failed("server"))
    assert await pair.call() == SAYS
    assert pair.second.asked == []


async def test_one_that_is_shut_is_passed_by() -> None:
    """Its breaker is open: the next one is asked at once."""
    pair = Pair(SHUT)
    assert await pair.call() == SAYS


@pytest.mark.parametrize("kind", get_args(FailureKind))
async def test_what_another_provider_may_not_have(kind: FailureKind) -> None:
    """It is asked; not where the request, or this process, is at fault."""
    pair = Pair(failed(kind))
    outcome = await pair.call()
    assert (outcome == SAYS) is (kind in FAILS_OVER)
    assert len(pair.second.asked) == (kind in FAILS_OVER)


def test_which_those_are() -> None:
    """A refused, too long or conflicting request is so everywhere, a limit too."""
    rest = set(get_args(FailureKind)) - FAILS_OVER
    assert rest == {
        *("invalid", "too_long", "rotated", "conflict"),
        *("truncated", "shed"),
    }


async def test_what_was_shown_is_not_said_again() -> None:
    """By another provider neither."""
    pair = Pair(failed("cut", shown=True))
    assert await pair.call() == failed("cut", shown=True)
    assert pair.second.asked == []


async def test_what_a_failed_one_took_is_paid() -> None:
    """Its tokens are the turn's, whoever answers in the end, or if nobody does."""
    cut = ModelFailure("cut", "cut", usage=Usage(7))
    told = await Pair(cut).call()
    assert isinstance(told, ModelStep)
    assert told.usage == SAYS.usage + Usage(7)
    assert await Pair(cut, cut).call() == ModelFailure("cut", "cut", usage=Usage(14))
    assert await Pair(cut, SHUT).call() == cut


async def test_without_time_nobody_else_is_asked() -> None:
    """Six seconds must be left."""
    late = Pair(failed("cut"), takes_s=20.5)
    assert await late.call() == failed("cut")
    pair = Pair(failed("cut"), takes_s=19)
    assert await pair.call() == SAYS


async def test_after_a_slow_one_there_is_time_for_two_more() -> None:
    """The next one may be slow for 8 s as well; a lower level still needs its 6 s."""
    late = Pair(failed("slow"), takes_s=12.5)
    assert await late.call() == failed("slow")
    pair = Pair(failed("slow"), takes_s=12)
    assert await pair.call() == SAYS


async def test_two_slow_ones_say_so() -> None:
    """There is time for one lower level: it is the other model's."""
    alone = await Pair(failed("slow"), SHUT).call()
    assert isinstance(alone, ModelFailure)
    assert decide(0, alone, 1) == Descend(1)
    both = await Pair(failed("slow"), failed("slow"), takes_s=8).call()
    assert isinstance(both, ModelFailure)
    assert decide(0, both, 1) == Descend(2)
    assert decide(0, both, 1, fallback=False) == Descend(1)


@pytest.mark.parametrize("kind", ["invalid", "auth", "spent", "too_long"])
async def test_a_misconfigured_one_is_no_worse_than_none(kind: FailureKind) -> None:
    """What it says holds for it alone: the ladder hears what the other one said."""
    waits = Refusal("no room for 3 s", 3, waits=True)
    for first in (failed("overloaded"), failed("slow"), waits):
        outcome = await Pair(first, failed(kind)).call()
        told = first if isinstance(first, Refusal) else first.kind
        assert getattr(outcome, "kind", outcome) == told
    shown = await Pair(failed("overloaded"), failed(kind, shown=True)).call()
    assert shown == failed("overloaded", shown=True)


@pytest.mark.parametrize("kind", ["invalid", "auth", "spent"])
async def test_nor_beside_one_that_is_shut(kind: FailureKind) -> None:
    """A lower level's model may be open there; two that refuse are believed."""
    assert await Pair(SHUT, failed(kind)).call() == SHUT
    assert await Pair(failed("auth"), failed(kind)).call() == failed(kind)


async def test_a_long_prompt_is_cut_for_the_only_one_there_is() -> None:
    """Less of it may pass there."""
    for first in (SHUT, failed("auth")):
        assert await Pair(first, failed("too_long")).call() == failed("too_long")


@pytest.mark.parametrize("last", [SAYS, failed("server"), failed("auth")])
async def test_what_was_taken_in_vain_is_counted(last: ModelOutcome) -> None:
    """It is spent, whoever answers in the end."""
    first, second = Usage(90, 1, 7, 3), Usage(5, 2)
    cut = replace(failed("cut"), usage=first)
    outcome = await Pair(cut, replace(last, usage=second)).call()
    assert not isinstance(outcome, Refusal)
    assert outcome.usage == first + second


async def test_a_failure_tells_more_than_a_refusal() -> None:
    """The ladder hears of the call that was made; where none was, of the last door."""
    assert await Pair(failed("server"), SHUT).call() == failed("server")
    assert await Pair(SHUT, failed("server")).call() == failed("server")
    assert await Pair(SHUT, Refusal("another")).call() == Refusal("another")
    waits = Refusal("no room for 3 s", 3, waits=True)
    assert await Pair(waits, SHUT).call() == waits


async def test_a_response_says_whose_it_is() -> None:
    """In the journal, and in telemetry; its model is the one that was asked for."""
    clock, notes = ManualClock(), Notes()
    callers = [
        Caller(ScriptedModel(answer, clock=clock), [], clock, notes, name)
        for name, answer in (("anthropic", failed("server")), ("bedrock", SAYS))
    ]
    deadline = Deadline(clock.now_ms() + 26_000, clock)
    call = ProposedCall("turn_1", ModelRequest("m", "", []), deadline, underway=False)
    step = await Failover(callers).call(call, lambda _: None)
    assert isinstance(step, ModelStep)
    assert (step.provider, step.model) == ("bedrock", "m")
    calls = [event for event in notes.events if isinstance(event, ModelCalled)]
    told = [(event.provider, event.outcome) for event in calls]
    assert told == [("anthropic", "server"), ("bedrock", "ok")]
