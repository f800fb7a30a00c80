"""A model call and its gates."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from mainstay.agent.caller import Caller
from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.resilience.deadline import Deadline
from mainstay.testing.clock import ManualClock
from mainstay.testing.world import Notes


@dataclass
class Log:
    """A gate, and its passes, that note what they are told."""

    name: str
    said: list[str]
    refuses: bool = False
    ends: list[CallEnd] = field(default_factory=list[CallEnd])

    async def admit(self, call: ProposedCall) -> "Log | Refusal":
        """Admit, unless it refuses."""
        self.said.append(f"{self.name} asked for {call.request.model}")
        return Refusal(f"{self.name} is shut", 3.0) if self.refuses else self

    def settle(self, end: CallEnd) -> None:
        """Note an end."""
        self.said.append(f"{self.name} settled")
        self.ends.append(end)

    def give_back(self) -> None:
        """Note a call that tells nothing."""
        self.said.append(f"{self.name} given back")


@dataclass
class OneCall:
    """A model that does as told."""

    act: Callable[[Callable[[str], None]], ModelOutcome]
    calls: int = 0

    async def call(
        self, request: ModelRequest, on_text: Callable[[str], None]
    ) -> ModelOutcome:
        """Do it."""
        self.calls += 1
        return self.act(on_text)

    async def close(self) -> None:
        """Nothing is open."""


BUSY = ModelFailure("overloaded", "HTTP 529", status=529)


def proposed(clock: ManualClock) -> ProposedCall:
    """Return a call with a long deadline."""
    deadline = Deadline(clock.now_ms() + 26_000, clock)
    return ProposedCall("turn_1", ModelRequest("m", "", []), deadline, underway=False)


async def test_gates_are_asked_in_order_and_told_in_reverse() -> None:
    """The last to admit is the first to hear of the end, and all hear the same."""
    clock, said = ManualClock(), list[str]()
    gates = [Log("pool", said), Log("breaker", said)]

    def act(on_text: Callable[[str], None]) -> ModelOutcome:
        clock.advance(2)
        on_text("Hello")
        clock.advance(3)
        return BUSY

    caller = Caller(OneCall(act), gates, clock, Notes())
    assert await caller.call(proposed(clock), lambda text: None) is BUSY
    asked = ["pool asked for m", "breaker asked for m"]
    assert said == [*asked, "breaker settled", "pool settled"]
    assert gates[0].ends == gates[1].ends == [CallEnd(BUSY, 2.0)]


async def test_a_refusal_gives_back_what_was_admitted_and_calls_nothing() -> None:
    """The gates after it are not asked."""
    clock, said = ManualClock(), list[str]()
    gates = [Log("pool", said), Log("limit", said, refuses=True), Log("last", said)]
    model = OneCall(lambda on_text: BUSY)
    caller = Caller(model, gates, clock, Notes())
    refused = await caller.call(proposed(clock), lambda text: None)
    assert refused == Refusal("limit is shut", 3.0)
    assert said == ["pool asked for m", "limit asked for m", "pool given back"]
    assert model.calls == 0


@pytest.mark.parametrize("error", [asyncio.CancelledError, RuntimeError])
async def test_what_ends_without_an_outcome_is_given_back(
    error: type[BaseException],
) -> None:
    """A cancelled call speaks neither for nor against the model."""
    clock, said = ManualClock(), list[str]()

    def act(on_text: Callable[[str], None]) -> ModelOutcome:
        raise error

    caller = Caller(OneCall(act), [Log("breaker", said)], clock, Notes())
    with pytest.raises(error):
        await caller.call(proposed(clock), lambda text: None)
    assert said == ["breaker asked for m", "breaker given back"]
