"""Retries are the turn's: over levels, tools, attempts and workers, never more."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.agent.attempts import (
    attempt,
    claimed,
    claimed_again,
    dies,
    failure,
    held,
    journaled,
)
from tests.unit.agent.turn_script import Script, say, tool, use

from mainstay.agent.turn import PutOff, TurnRunner
from mainstay.domain.model_call import ModelOutcome, ModelRequest
from mainstay.domain.step import ResultStep, RetryStep
from mainstay.domain.turn import Claim
from mainstay.ports.model import OnText
from mainstay.resilience.retry_budget import RetryBudget
from mainstay.stores.codec import loads, step_of, step_row
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World

SERVER, OVERLOADED = failure("server"), failure("overloaded")


def world_of(folder: Path, model: Script, tools: ScriptedTools | None = None) -> World:
    """Return a world without pauses."""
    chance = ScriptedRandom(0)
    return World(folder, model, tools or ScriptedTools(), random=chance, watched=False)


def without_retries(runner: TurnRunner) -> TurnRunner:
    """Return a runner whose turns may not retry."""
    none = RetryBudget(runner.clock, ScriptedRandom(0), per_turn=0)
    return replace(runner, retries=none)


async def test_a_turn_that_changes_hands_has_three_retries(tmp_path: Path) -> None:
    """Two are spent when the worker dies: the next one finds one left, not three."""
    model = Script(SERVER, SERVER, SERVER, dies, SERVER)
    async with world_of(tmp_path, model).living(working=False) as world:
        first = await claimed(world)
        assert await attempt(world, first) is None
        assert [r.model for r in model.requests] == [
            *["primary"] * 2,
            *["fallback"] * 2,
        ]
        second = await claimed_again(world, first)
        assert await attempt(world, second) is not None
        later = [r.model for r in model.requests[4:]]
        assert later == ["primary", "primary", "fallback"]
        assert await journaled(world, second) == [
            ("1", "server"),
            ("1", "server"),
            ("2", "server"),
        ]


async def test_an_overload_is_retried_once_a_turn(tmp_path: Path) -> None:
    """The one retry after a 529 is not given anew to the worker that goes on."""
    model = Script(OVERLOADED, OVERLOADED, dies, OVERLOADED)
    async with world_of(tmp_path, model).living(working=False) as world:
        first = await claimed(world)
        assert await attempt(world, first) is None
        assert len(model.requests) == 3
        second = await claimed_again(world, first)
        assert await attempt(world, second) is not None
        assert [r.model for r in model.requests[3:]] == ["primary", "fallback"]
        assert await journaled(world, second) == [("1", "overloaded")]


async def test_a_held_turn_gets_time_but_no_retries(tmp_path: Path) -> None:
    """An attempt calls each model once; three retries are all that they ever share."""
    model = Script(SERVER)
    async with world_of(tmp_path, model).living(working=False) as world:
        claim = await claimed(world)
        await held(world, claim)
        await world.store.leases.release(claim.lease)
        calls: list[int] = []
        for _ in range(4):
            claim = await claimed_now(world, claim)
            assert claim.turn.held_at_ms is not None
            before = len(model.requests)
            assert isinstance(await attempt(world, claim), PutOff)
            calls.append(len(model.requests) - before)
        assert calls == [4, 3, 2, 2]
        assert len(await journaled(world, claim)) == 3


async def test_a_retry_is_journaled_before_it_is_made(tmp_path: Path) -> None:
    """When the call goes out the journal has it, with its cause."""
    seen: list[list[tuple[str, str]]] = []
    async with world_of(tmp_path, Script(SERVER)).living(working=False) as world:
        claim = await claimed(world)

        async def call(request: ModelRequest, on_text: OnText) -> ModelOutcome:
            seen.append(await journaled(world, claim))
            return SERVER if len(seen) == 1 else say("Good morning.")

        world.model.call = call  # type: ignore[method-assign]
        assert await attempt(world, claim) is not None
    assert seen == [[], [("1", "server")]]


async def test_a_call_without_a_retry_writes_nothing_more(tmp_path: Path) -> None:
    """What goes well costs no commit: the journal has the reply alone."""
    async with world_of(tmp_path, Script(say("Hi."))).living(working=False) as world:
        claim = await claimed(world)
        assert await attempt(world, claim) is not None
        view = await world.store.conversations.turn(claim.turn.id)
        assert view is not None
        assert [step["kind"] for step in view.steps] == ["model"]


@pytest.mark.parametrize(
    ("may", "sent", "state"), [(True, 2, "committed"), (False, 1, "unknown")]
)
async def test_a_tool_draws_on_the_same_retries(
    tmp_path: Path, *, may: bool, sent: int, state: str
) -> None:
    """A keyed call without an answer is sent again only if the turn may retry."""
    tools = ScriptedTools(tool("pay", lost_answers=1))
    model = Script(use("pay"), say("Done."))
    async with world_of(tmp_path, model, tools).living(working=False) as world:
        claim = await claimed(world)
        await attempt(world, claim, (lambda runner: runner) if may else without_retries)
        view = await world.store.conversations.turn(claim.turn.id)
        assert view is not None
        assert [effect.state for effect in view.effects] == [state]
        assert len(tools.seen) == sent
        assert len(tools.work) == 1
        assert await journaled(world, claim) == ([("1", "tool")] if may else [])


async def test_tools_and_models_share_the_three(tmp_path: Path) -> None:
    """A turn whose tool was tried again has two retries left for its models."""
    tools = ScriptedTools(tool("pay", lost_answers=1))
    model = Script(use("pay"), *[SERVER] * 9)
    async with world_of(tmp_path, model, tools).living(working=False) as world:
        claim = await claimed(world)
        await attempt(world, claim)
        causes = [cause for _, cause in await journaled(world, claim)]
        assert causes == ["tool", "server", "server"]
        asked = [request.model for request in model.requests]
        assert asked == [*["primary"] * 3, *["fallback"] * 2]


def test_the_version_before_can_read_a_journal_with_retries() -> None:
    """To it a retry is a result of no call: it has no kind that it does not know."""
    kind, body = step_row(RetryStep("overloaded"))
    assert kind == "result"
    read = ResultStep(**loads(body))
    assert (read.is_error, read.handoff, read.approval_id) == (False, None, None)
    assert step_of(kind, body) == RetryStep("overloaded")


async def claimed_now(world: World, claim: Claim) -> Claim:
    """Return the turn's next claim, as if its time had come."""
    await world.store.writer.run(
        lambda unit: unit.row(
            "UPDATE conversations SET ready_at_ms = 0 RETURNING id", {}
        )
    )
    [again] = await world.store.leases.claim([claim.turn.conversation_id], world.owner)
    return again
