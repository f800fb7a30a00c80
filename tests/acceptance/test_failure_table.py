"""Every row of the failure table, over real HTTP, counted at the server."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.acceptance.failure_rows import EVENTS, LIMITS, STATUSES, Row
from tests.acceptance.server import FALLBACK, PRIMARY, StandIn
from tests.acceptance.stream_rows import AFTER_TOOLS, STOPS, STREAMS

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.options import LadderOptions
from mainstay.agent.turn import TurnRunner
from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.domain.turn import Claim
from mainstay.models.claude import ClaudeModel
from mainstay.ports.model import Model
from mainstay.ports.tools import ToolDone, ToolSpec
from mainstay.resilience.breaker import Breaker
from mainstay.system.clock import SystemClock
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.scripted_tools import ScriptedTool, ScriptedTools
from mainstay.testing.secret import GivenSecret
from mainstay.testing.world import World
from mainstay.worker.grip import Held

ROWS = [*STATUSES, *LIMITS, *EVENTS, *STREAMS, *STOPS, *AFTER_TOOLS]
OPTIONS = LadderOptions(
    model=PRIMARY,
    fallback_model=FALLBACK,
    call_timeout_s=1.0,
    first_token_s=0.5,
    idle_s=0.5,
)
LATEST_S = 1.0
"""More than any retry of the table waits, so that a pause is not one by chance."""


@pytest.fixture(scope="module")
def simulator() -> Generator[StandIn]:
    """Give a stand-in that is a process of its own."""
    command = [sys.executable, "-m", "mainstay.simulator", "--port", "0", "--pace", "0"]
    kept = ("PATH", "PYTHONPATH", "HOME")
    env = {name: value for name, value in os.environ.items() if name in kept}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().split()[-1]
        yield StandIn(address)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
async def model(simulator: StandIn) -> AsyncIterator[ClaudeModel]:
    """Give the adapter, in front of a stand-in without faults."""
    simulator.heal()
    adapter = ClaudeModel(GivenSecret("any"), simulator.address, SystemClock())
    yield adapter
    await adapter.close()


def refunds() -> ScriptedTools:
    """Return a tool whose work is counted."""
    schema = {
        "type": "object",
        "properties": {"order_id": {"type": "string"}},
        "required": ["order_id"],
    }
    spec = ToolSpec("refund_order", "Refund.", schema, effect=True, once="keyed")
    done = ToolDone({"refunded": True}, "A refund of 59.90 EUR for order 1042 is made.")
    return ScriptedTools(ScriptedTool(spec=spec, answer=lambda args, context: done))


@asynccontextmanager
async def one_turn(
    folder: Path, model: Model, tools: ScriptedTools, options: LadderOptions = OPTIONS
) -> AsyncIterator[tuple[World, TurnRunner, Claim]]:
    """Give a world with one claimed turn that nobody runs yet."""
    world = World(
        folder,
        model,
        tools,
        random=ScriptedRandom(0.2),
        options=options,
        watched=False,
    )
    async with world.living(working=False):
        talk = await world.open()
        await world.say(talk.id, "Hello, who are you?")
        [claim] = await world.store.leases.claim([talk.id], world.owner)
        yield world, world.runner(), claim


def breaker_of(runner: TurnRunner, model: str) -> Breaker:
    """Return a model's breaker in this process."""
    gate = runner.caller.gates[-1]
    assert isinstance(gate, BreakerGate)
    guard = gate.breakers[model]
    assert isinstance(guard, SharedBreaker)
    return guard.breaker


def logged(simulator: StandIn) -> list[tuple[str, float]]:
    """Return the server's calls as a letter and a sign, and when they came."""
    letters = {PRIMARY: "P", FALLBACK: "F"}
    signs = {None: "+", "none": "-"}
    return [
        (letters[call["model"]] + signs[call["tool_choice"]], call["at_ms"] / 1000)
        for call in simulator.control("GET", "/calls")["calls"]
    ]


def spacing_s(calls: list[tuple[str, float]]) -> float:
    """Return the seconds between the two last calls that are alike."""
    for n in range(len(calls) - 1, 0, -1):
        if calls[n][0] == calls[n - 1][0]:
            return calls[n][1] - calls[n - 1][1]
    raise AssertionError("nothing was called twice in a row")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_each_row_ends_as_the_table_says(
    tmp_path: Path, simulator: StandIn, model: ClaudeModel, row: Row
) -> None:
    """Calls, their models, tools and spacing, level, breakers, retries and effects."""
    simulator.control("PUT", "/script", {PRIMARY: row.script} if row.script else {})
    simulator.fail(primary=row.primary, fallback=row.fallback)
    tools = refunds()
    options = replace(OPTIONS, **row.options)
    async with one_turn(tmp_path, model, tools, options) as (world, runner, claim):
        await runner.run(claim, Held(claim, world.clock))
        view = await world.store.conversations.turn(claim.turn.id)
        escalated = await world.store.desk.escalations()
    calls = logged(simulator)
    assert " ".join(call for call, _ in calls) == row.calls
    assert view is not None
    assert view.reply is not None
    assert view.reply.fallback_level == row.level
    breakers = [breaker_of(runner, name) for name in (PRIMARY, FALLBACK)]
    assert tuple(breaker.state for breaker in breakers) == row.breakers
    assert breakers[0].failures == row.counted
    assert sum(step["kind"] == "retry" for step in view.steps) == row.retries
    assert len(escalated) == (1 if row.level == 4 else 0)
    assert len(tools.work) == row.work
    if row.retry_s is not None:
        assert row.retry_s <= spacing_s(calls) + 0.002 < row.retry_s + LATEST_S


async def test_a_paused_reply_is_told_as_one(
    tmp_path: Path, simulator: StandIn, model: ClaudeModel
) -> None:
    """What was said before and after a pause is one reply, and the journal's one."""
    async with one_turn(tmp_path / "whole", model, refunds()) as (world, runner, claim):
        await runner.run(claim, Held(claim, world.clock))
        whole = await world.store.conversations.turn(claim.turn.id)
    simulator.fail(primary={"stop_reason": "pause_turn", "times": 1})
    async with one_turn(tmp_path / "two", model, refunds()) as (world, runner, claim):
        await runner.run(claim, Held(claim, world.clock))
        paused = await world.store.conversations.turn(claim.turn.id)
    assert whole is not None
    assert paused is not None
    assert whole.reply == paused.reply
    assert len(paused.steps) == 1


async def test_a_full_pool_is_ours(
    tmp_path: Path, simulator: StandIn, model: ClaudeModel
) -> None:
    """Without a free connection nothing is sent, tried again, or counted."""
    full = ClaudeModel(
        GivenSecret("any"), simulator.address, SystemClock(), max_calls=0
    )
    async with one_turn(tmp_path, full, refunds()) as (world, runner, claim):
        await runner.run(claim, Held(claim, world.clock))
        view = await world.store.conversations.turn(claim.turn.id)
    assert logged(simulator) == []
    names = (PRIMARY, FALLBACK)
    assert [breaker_of(runner, name).failures for name in names] == [0, 0]
    assert view is not None
    assert view.reply is not None
    assert view.reply.fallback_level == 4
    assert view.steps == []


async def test_a_cancelled_call_counts_neither_way(
    tmp_path: Path, simulator: StandIn, model: ClaudeModel
) -> None:
    """A turn that is taken away from its worker says nothing about the model."""
    simulator.fail(primary={"pings_only": True, "ping_every_s": 0.02})
    options = replace(OPTIONS, first_token_s=20, call_timeout_s=20)
    async with one_turn(tmp_path, model, refunds(), options) as (world, runner, claim):
        breaker = breaker_of(runner, PRIMARY)
        breaker.trip(0.001)
        await world.clock.sleep(0.01)
        running = asyncio.create_task(runner.run(claim, Held(claim, world.clock)))
        while not logged(simulator):
            await world.clock.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert breaker.state == "half_open"
        assert breaker.failures == 0
        trials = [breaker.admit() for _ in range(4)]
        assert [trial is not None for trial in trials] == [True, True, True, False]
