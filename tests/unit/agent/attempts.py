"""Attempts at one turn, each by a process of its own, that die when a test says so."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mainstay.agent.turn import Answered, PutOff, TurnRunner
from mainstay.agent.wording import holding
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.reply import Reply
from mainstay.domain.turn import LADDER_MS, Claim
from mainstay.testing.world import World
from mainstay.worker.grip import Held


class Died(Exception):
    """The process of an attempt is gone."""


def dies(request: ModelRequest) -> ModelOutcome:
    """Stand for a model call in which the worker dies."""
    raise Died(request.model)


def failure(kind: Any, **more: Any) -> ModelFailure:
    """Return a failure of that kind."""
    return ModelFailure(kind, kind, **more)


async def claimed(world: World, text: str = "Hello") -> Claim:
    """Return a new turn that this world has claimed."""
    talk = await world.open()
    await world.say(talk.id, text)
    [claim] = await world.store.leases.claim([talk.id], world.owner)
    return claim


async def claimed_again(world: World, claim: Claim) -> Claim:
    """Return the same turn as another worker gets it after this one's death."""
    await world.store.leases.bury(world.owner)
    [again] = await world.store.leases.claim([claim.turn.conversation_id], "next")
    return again


async def held(world: World, claim: Claim) -> None:
    """Send the holding reply, as if the time of the turn were over."""
    await world.store.writer.run(
        lambda unit: unit.row("UPDATE turns SET answer_by_ms = 0 RETURNING id", {})
    )
    assert await world.store.watch.hold(claim.turn, holding("", [])) is True


def with_left(world: World, claim: Claim, left_s: float) -> Claim:
    """Return the claim as it is when so many seconds of its deadline are left."""
    accepted_ms = world.clock.now_ms() - LADDER_MS + round(left_s * 1000)
    return replace(claim, turn=replace(claim.turn, accepted_at_ms=accepted_ms))


async def attempt(
    world: World,
    claim: Claim,
    change: Callable[[TurnRunner], TurnRunner] = lambda runner: runner,
) -> Answered | PutOff | None:
    """Run a turn with a fresh process's budgets; None when the process dies in it."""
    try:
        runner = change(world.runner())
        return await runner.run(claim, Held(claim, world.clock))
    except Died:
        return None


async def answered(
    world: World,
    claim: Claim,
    change: Callable[[TurnRunner], TurnRunner] = lambda runner: runner,
) -> Reply:
    """Run a turn to its reply."""
    outcome = await attempt(world, claim, change)
    assert isinstance(outcome, Answered)
    return outcome.reply


async def journaled(world: World, claim: Claim) -> list[tuple[str, str]]:
    """Return the retries that the journal holds, with the attempt of each."""
    view = await world.store.conversations.turn(claim.turn.id)
    assert view is not None
    return [
        (str(step["attempt"]), step["cause"])
        for step in view.steps
        if step["kind"] == "retry"
    ]
