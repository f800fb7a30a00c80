"""What turns tell telemetry: answers, models, effects, humans, resumes."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from tests.unit.agent.attempts import attempt, claimed, held
from tests.unit.agent.turn_script import Script, lookup, say, tool, use

from mainstay.agent.turn import Answered
from mainstay.domain.model_call import ModelFailure
from mainstay.domain.spend import Limit
from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.turn import MAX_STRIKES, Claim
from mainstay.ports.journal import Record
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import Held, ToolCalled, TurnEnded
from mainstay.ports.tools import ToolDone, ToolDoubt
from mainstay.ports.turn_events import (
    EffectChanged,
    Escalated,
    HandedOff,
    LeaseGone,
    TurnResumed,
)
from mainstay.testing.clock import ManualClock
from mainstay.testing.scripted_model import ScriptedModel
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World

Event = TypeVar("Event")

DOWN = ModelFailure("overloaded", "")


def told(world: World, kind: type[Event]) -> list[Event]:
    """Return the events of a kind, in order."""
    return [event for event in world.notes.events if isinstance(event, kind)]


async def answered(world: World, text: str = "Hello") -> str:
    """Let the world answer a message and drain; return the turn's id."""
    accepted = await world.say((await world.open()).id, text)
    assert await world.reply(accepted) is not None
    await world.stop_worker()
    return accepted.turn_id


async def test_an_answer_has_its_time_since_accept(tmp_path: Path) -> None:
    """By the store's clock, from accept to commit: waiting for a worker counts."""
    clock = ManualClock()
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools(), clock=clock)
    async with world.living(working=False):
        claim = await claimed(world)
        clock.advance(7)
        outcome = await attempt(world, claim)
    assert isinstance(outcome, Answered)
    assert outcome.since_accept_ms == 7_000


@pytest.mark.parametrize("is_held", [True, False])
async def test_a_turn_that_dies_has_one_also_when_nothing_more_is_said(
    tmp_path: Path, is_held: bool
) -> None:
    """A holding reply is no answer: its customer is one who was missed."""
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools())
    async with world.living(working=False):
        claim = await claimed(world)
        turn = replace(claim.turn, strikes=MAX_STRIKES + 1)
        if is_held:
            await held(world, claim)
            turn = replace(turn, held_at_ms=world.clock.now_ms())
        outcome = await attempt(world, replace(claim, turn=turn))
    assert isinstance(outcome, Answered)
    assert outcome.since_accept_ms >= 0
    assert Escalated(turn.id, "dead") in world.notes.events


async def test_the_worker_tells_how_a_turn_ended(tmp_path: Path) -> None:
    """With the level of its reply and the time since its accept."""
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools())
    async with world.living():
        turn_id = await answered(world)
    (event,) = told(world, TurnEnded)
    assert (event.turn_id, event.outcome, event.level) == (turn_id, "answered", 0)
    assert event.since_accept_ms is not None
    assert event.since_accept_ms >= 0
    assert not event.held


async def test_a_call_tells_tokens_cost_and_first_text(tmp_path: Path) -> None:
    """A failed one, what is known of it."""
    usage = Usage(100, 20, 30, 4)
    spoken = ModelStep("m", [{"type": "text", "text": "Hi."}], "end_turn", usage)
    world = World(
        tmp_path,
        ScriptedModel(ModelFailure("server", "HTTP 500"), spoken, clock=ManualClock()),
        ScriptedTools(),
        price=lambda model, usage: usage.tokens / 1000,
    )
    async with world.living():
        await answered(world)
    failed, call = told(world, ModelCalled)
    assert (failed.outcome, failed.first_token_ms) == ("server", None)
    assert failed.cost_usd == 0
    assert (call.usage, call.cost_usd) == (usage, 0.154)
    assert call.first_token_ms is not None
    assert 0 <= call.first_token_ms <= call.duration_ms


async def test_an_effect_is_told_when_it_is_written(tmp_path: Path) -> None:
    """Intended before the call, committed after it; once each."""
    world = World(
        tmp_path, Script(use("pay"), say("Paid 5 EUR.")), ScriptedTools(tool("pay"))
    )
    async with world.living():
        turn_id = await answered(world, "Pay")
    assert told(world, EffectChanged) == [
        EffectChanged(turn_id, "pay", "intended"),
        EffectChanged(turn_id, "pay", "committed"),
    ]
    assert told(world, Escalated) == []


async def test_doubt_is_told_with_its_escalation(tmp_path: Path) -> None:
    """An effect of unknown fate wants a human."""
    doubt = tool("pay", ToolDoubt("timeout"), once="unsafe")
    world = World(tmp_path, Script(use("pay"), say("We check.")), ScriptedTools(doubt))
    async with world.living():
        turn_id = await answered(world, "Pay")
    assert told(world, EffectChanged)[-1] == EffectChanged(turn_id, "pay", "unknown")
    assert told(world, Escalated) == [Escalated(turn_id, "doubt")]


async def test_no_model_is_escalated_as_such(tmp_path: Path) -> None:
    """A level 4 reply has its cause."""
    world = World(tmp_path, Script(DOWN), ScriptedTools())
    async with world.living():
        turn_id = await answered(world)
    assert told(world, Escalated) == [Escalated(turn_id, "no_model")]
    assert told(world, HandedOff) == []


async def test_a_refusal_is_not_an_outage(tmp_path: Path) -> None:
    """The model would not, or its API did not take the call."""
    refusal = ModelStep("primary", [], "refusal")
    world = World(tmp_path, Script(refusal), ScriptedTools())
    async with world.living():
        turn_id = await answered(world)
    assert told(world, Escalated) == [Escalated(turn_id, "refused")]


async def test_a_limit_is_a_cause_of_its_own(tmp_path: Path) -> None:
    """Nobody needs to look at the model."""
    limit = Limit("MAX_DAY_USD", "day", "usd", 0.0)
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools(), limits=[limit])
    async with world.living():
        turn_id = await answered(world)
    assert told(world, Escalated) == [Escalated(turn_id, "limit")]


async def test_a_handoff_tells_who_asked(tmp_path: Path) -> None:
    """A tool, or the customer."""
    asks = lookup("look", ToolDone({"ok": True}, handoff="too hard"))
    by_tool = World(
        tmp_path / "a", Script(use("look"), say("A colleague.")), ScriptedTools(asks)
    )
    by_customer = World(tmp_path / "b", Script(DOWN), ScriptedTools())
    for world, cause in ((by_tool, "tool"), (by_customer, "customer")):
        async with world.living():
            turn_id = await answered(world, "I want to talk to a human")
        [event] = told(world, HandedOff)
        assert event.cause == cause
        assert told(world, Escalated) == [Escalated(turn_id, "handoff")]


async def test_a_holding_reply_is_an_escalation(tmp_path: Path) -> None:
    """Told by the watchdog that wrote it."""
    clock = ManualClock()
    world = World(tmp_path, Script(DOWN), ScriptedTools(), clock=clock, watched=False)
    async with world.living(working=False):
        accepted = await world.say((await world.open()).id, "Hello")
        clock.advance(28)
        await world.watchdog().look()
    [event] = told(world, Held)
    assert event == Held(accepted.turn_id)
    assert event.since_accept_ms == 28_000
    assert told(world, Escalated) == [Escalated(accepted.turn_id, "overdue")]


async def test_an_answer_after_a_holding_reply_is_told_as_one(tmp_path: Path) -> None:
    """Its customer had heard back before."""
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools())
    async with world.living(working=False):
        accepted = await world.say((talk := await world.open()).id, "Hello")
        [claim] = await world.store.leases.claim([talk.id], "other")
        await held(world, claim)
        await world.store.leases.release(claim.lease)
        await world.start_worker()
        while not (ends := told(world, TurnEnded)):
            await world.clock.sleep(0.01)
        await world.stop_worker()
    [event] = ends
    assert (event.turn_id, event.outcome) == (accepted.turn_id, "answered")
    assert event.held


async def test_a_turn_whose_worker_died_is_resumed(tmp_path: Path) -> None:
    """The next worker tells so; a turn that waited in the queue is none."""
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools())
    async with world.living(working=False):
        accepted = await world.say((talk := await world.open()).id, "Hello")
        assert await world.store.leases.claim([talk.id], "dead")
        await world.store.leases.bury("dead")
        other = await world.say((await world.open()).id, "Hello too")
        await world.start_worker()
        assert await world.reply(accepted) is not None
        assert await world.reply(other) is not None
        await world.stop_worker()
    assert told(world, TurnResumed) == [TurnResumed(accepted.turn_id, 2)]


async def test_a_lease_that_is_gone_is_told(tmp_path: Path) -> None:
    """The worker that lost it stops; its turn is taken up again."""
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools())
    async with world.living(working=False):
        load = world.store.journal.load

        async def stolen(claim: Claim) -> Record:
            world.store.journal.load = load  # type: ignore[method-assign]
            record = await load(claim)
            await world.store.leases.bury(world.owner)
            return record

        world.store.journal.load = stolen  # type: ignore[method-assign]
        accepted = await world.say((await world.open()).id, "Hello")
        await world.start_worker()
        assert await world.reply(accepted) is not None
        await world.stop_worker()
    assert told(world, LeaseGone) == [LeaseGone(accepted.turn_id)]
    assert [event.outcome for event in told(world, TurnEnded)] == [
        "lease_lost",
        "answered",
    ]


@pytest.mark.parametrize("name", ["invented", "x" * 500])
async def test_a_tool_that_is_made_up_has_no_name(tmp_path: Path, name: str) -> None:
    """A model's invention is no label."""
    world = World(tmp_path, Script(use(name), say("Hi.")), ScriptedTools())
    async with world.living():
        await answered(world)
    assert [event.tool for event in told(world, ToolCalled)] == ["other"]
