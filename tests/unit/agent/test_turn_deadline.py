"""The deadline travels with the turn: no call, tool or level outlasts it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.attempts import (
    answered,
    attempt,
    claimed,
    claimed_again,
    failure,
    journaled,
    with_left,
)
from tests.unit.agent.turn_script import SCHEMA, Script, lookup, say, tool, use

from mainstay.agent.in_time import CUT_SHORT, NO_TIME
from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.domain.effect import Effect
from mainstay.domain.step import IntentStep, ModelStep, ResultStep, ToolCall
from mainstay.ports.journal import Entry
from mainstay.ports.tools import ToolContext, ToolDone, ToolOutcome, ToolSpec
from mainstay.testing.scripted_tools import ScriptedTool, ScriptedTools
from mainstay.testing.world import World

SERVER, SLOW = failure("server"), failure("slow")


class Stuck(ScriptedTools):
    """Tools that take a call and never answer."""

    async def call(
        self, name: str, args: Mapping[str, Any], context: ToolContext
    ) -> ToolOutcome:
        """Note the call and wait for ever."""
        await super().call(name, args, context)
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.parametrize(("left_s", "call_s"), [(26, 20), (15, 13.5), (7, 5.5)])
async def test_a_call_has_what_the_turn_has_left(
    tmp_path: Path, left_s: float, call_s: float
) -> None:
    """20 s at most, 1.5 s less than is left; 8 s to the first token, 5 s between."""
    model = Script(say("Hello."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        claim = with_left(world, await claimed(world), left_s)
        await attempt(world, claim)
        [request] = model.requests
        assert call_s - 0.5 < request.timeout_s <= call_s
        assert (request.first_token_s, request.idle_s) == (8.0, 5.0)


@pytest.mark.parametrize(
    ("left_s", "why", "models", "level"),
    [
        (1.9, SERVER, [], 4),
        (5.5, SERVER, ["primary"], 4),
        (5.5, failure("overloaded"), ["primary"], 4),
        (5.5, SLOW, ["primary"], 4),
        (9.0, failure("overloaded"), ["primary", "fallback"], 2),
        (9.0, SLOW, ["primary", "primary"], 1),
    ],
)
async def test_a_lower_model_level_needs_six_seconds(
    tmp_path: Path, left_s: float, why: Any, models: list[str], level: int
) -> None:
    """Without 2 s no model is called; without 6 s none is after one that failed."""
    model = Script(why, say("Hello."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        claim = with_left(world, await claimed(world), left_s)
        reply = await answered(world, claim)
        assert [request.model for request in model.requests] == models
        assert reply.fallback_level == level


async def test_a_wait_that_does_not_fit_costs_no_retry(tmp_path: Path) -> None:
    """A 429 that asks for more than is left is not waited for, nor counted."""
    model = Script(failure("rate_limited", retry_after_s=21.0), say("Hello."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        claim = await claimed(world)
        await attempt(world, claim)
        assert [request.model for request in model.requests] == ["primary", "fallback"]
        assert await journaled(world, claim) == []


@pytest.mark.parametrize("effect", [True, False])
async def test_a_tool_ends_with_its_turn(tmp_path: Path, *, effect: bool) -> None:
    """A tool slower than what is left is cut short: an effect is then in doubt."""
    spec = ToolSpec("act", "Acts.", SCHEMA, effect=effect, once="unsafe")
    done = ToolDone({}, "It is done.")
    tools = Stuck(ScriptedTool(spec=spec, answer=lambda args, context: done))
    model = Script(use("act"), say("Never heard."))
    async with World(tmp_path, model, tools, watched=False).living(
        working=False
    ) as world:
        claim = with_left(world, await claimed(world), 2.3)
        reply = await asyncio.wait_for(answered(world, claim), 2.0)
        view = await world.store.conversations.turn(claim.turn.id)
        assert view is not None
        assert [e.state for e in view.effects] == (["unknown"] if effect else [])
        results = [step for step in view.steps if step["kind"] == "result"]
        assert [step["is_error"] for step in results] == [True]
        assert (results[0]["content"] == CUT_SHORT) is not effect
        assert ("could not be confirmed" in reply.response) is effect
        assert len(model.requests) == 1


async def test_a_tool_that_is_cut_short_is_not_to_blame(tmp_path: Path) -> None:
    """Our deadline says nothing about a tool: its breaker counts no failure."""
    spec = ToolSpec("act", "Acts.", SCHEMA, effect=True, once="unsafe")
    tools = Stuck(ScriptedTool(spec=spec, answer=lambda args, context: ToolDone({})))
    async with World(tmp_path, Script(use("act")), tools, watched=False).living(
        working=False
    ) as world:
        runner = world.runner()
        claim = with_left(world, await claimed(world), 2.3)
        await attempt(world, claim, lambda made: runner)
        guard = runner.tool_breakers["act"]
        assert isinstance(guard, SharedBreaker)
        assert guard.breaker.failures == 0


async def test_without_time_no_tool_is_started(tmp_path: Path) -> None:
    """A call that would be cut at once is not made, and known not to be."""
    tools = ScriptedTools(tool("pay"), lookup("look", ToolDone({})))
    async with World(tmp_path, Script(say("x")), tools, watched=False).living(
        working=False
    ) as world:
        first = await claimed(world)
        wanted = [use("look", "a"), use("pay", "b")]
        blocks = [block for step in wanted for block in step.content]
        both = ModelStep("primary", blocks, "tool_use")
        await world.store.journal.append(first, Entry([both]))
        second = with_left(world, await claimed_again(world, first), 1.0)
        await attempt(world, second)
        assert tools.seen == []
        view = await world.store.conversations.turn(first.turn.id)
        assert view is not None
        assert view.effects == []
        told = [s["content"] for s in view.steps if s["kind"] == "result"]
        assert told == [NO_TIME, NO_TIME]


async def test_a_doubt_is_settled_whatever_the_time(tmp_path: Path) -> None:
    """What a dead worker sent is found out even when the turn's time is over."""
    tools = ScriptedTools(tool("pay"))
    async with World(tmp_path, Script(say("x")), tools, watched=False).living(
        working=False
    ) as world:
        first = await claimed(world)
        key = f"{first.turn.id}:toolu_1"
        intent = IntentStep(ToolCall("toolu_1", "pay", {}), key)
        effect = Effect(key, "pay", {}, "intended", None, "", first.turn.id)
        await world.store.journal.append(
            first, Entry([use("pay"), intent], intended=[effect])
        )
        second = with_left(world, await claimed_again(world, first), 0.0)
        reply = await answered(world, second)
        view = await world.store.conversations.turn(first.turn.id)
        assert view is not None
        assert [e.state for e in view.effects] == ["committed"]
        assert "5 EUR have been paid" in reply.response


def test_results_of_time_are_told_apart() -> None:
    """What was not started is not done; what was cut short nobody knows."""
    assert "Not done" in ResultStep("a", NO_TIME, is_error=True).content
    assert "Not done" not in CUT_SHORT
