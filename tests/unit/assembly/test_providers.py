"""What stands before the calls of each provider."""

import pytest

from mainstay.agent.gate import CallEnd, Pass, ProposedCall, Refusal
from mainstay.assembly.at_once import concurrency_of
from mainstay.assembly.breakers import guards_of
from mainstay.assembly.providers import calls_of
from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.ports.model_events import ModelAwaited, ModelLimitMoved
from mainstay.resilience.deadline import Deadline
from mainstay.settings import load
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_model import ScriptedModel
from mainstay.testing.world import Notes

ENV = {"CLAUDE_PROVIDERS": "anthropic,bedrock", "BEDROCK_REGION": "eu-central-1"}


class Limits:
    """Stands where the gate of the account's limits does, and lets all pass."""

    async def admit(self, call: ProposedCall) -> Pass:
        """Let it pass."""
        return self

    def settle(self, end: CallEnd) -> None:
        """Learn nothing."""

    def give_back(self) -> None:
        """Hold nothing."""


def asks(model: str, clock: ManualClock, left_s: int = 26) -> ProposedCall:
    """Return a call; with few seconds left it does not wait."""
    deadline = Deadline(clock.now_ms() + left_s * 1000, clock)
    return ProposedCall("turn_1", ModelRequest(model, "", []), deadline, underway=False)


async def test_a_limit_shuts_a_model_where_no_gate_knows_of_limits() -> None:
    """A cloud tells nothing of its limits before: its 429 is all that can be heeded."""
    clock, settings = ManualClock(), load(ENV)
    guards = guards_of(settings, (), Notes(), None)
    limited = ModelFailure("rate_limited", "", retry_after_s=40.0)
    models = {name: ScriptedModel(limited, clock=clock) for name in settings.providers}
    calls = calls_of(models, guards, [Limits()], Notes())
    for _ in range(3):
        await calls.call(asks(settings.claude_model, clock), lambda _: None)
    assert {name: len(model.seen) for name, model in models.items()} == {
        "anthropic": 3,
        "bedrock": 1,
    }


async def test_room_is_told_by_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same model bears other numbers elsewhere."""
    clock, notes = ManualClock(), Notes()
    monkeypatch.setattr("mainstay.assembly.at_once.SystemClock", lambda: clock)
    gate = concurrency_of("bedrock", ["m"], notes)
    passes: list[Pass] = []
    while not isinstance(admitted := await gate.admit(asks("m", clock, 1)), Refusal):
        passes.append(admitted)
    clock.advance(2)
    for one in passes:
        one.settle(CallEnd(ModelFailure("overloaded", ""), 0.1))
    told = {
        type(event): event.provider
        for event in notes.events
        if isinstance(event, ModelAwaited | ModelLimitMoved)
    }
    assert told == {ModelAwaited: "bedrock", ModelLimitMoved: "bedrock"}
