"""Turns whose model has no room for them: who waits, who goes down, who answers."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.turn_script import PAID, Script, say, tool, use

from mainstay.agent.breaker_gate import BreakerGate
from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.agent.rate_gate import RateGate
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.pool_leases import PoolLeases
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.domain.model_call import ModelFailure, ModelRequest
from mainstay.domain.pool import Amounts, PoolState
from mainstay.domain.turn import MAX_STRIKES
from mainstay.ports.inbox import NewConversation
from mainstay.ports.telemetry import TurnEnded
from mainstay.ports.tools import ToolDone
from mainstay.resilience.breaker import Breaker
from mainstay.resilience.deadline import Deadline
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.chance import SeededRandom
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import FALLBACK, PRIMARY, Notes, World

LIMIT = Amounts(6_000, 60_000_000, 60_000_000)
SOON = 0.045
"""So much is left that there is room for a call after 0.3 s."""


class Limits:
    """The limits of two pools, and the gate before them."""

    def __init__(self) -> None:
        clock = SystemClock()
        self.leases = PoolLeases(
            None, [PRIMARY, FALLBACK], sharers=lambda: 1, clock=clock, telemetry=Notes()
        )
        self.gate = RateGate(self.leases, (PRIMARY, FALLBACK), clock)

    async def left(self, pool: str, share: float) -> None:
        """Let the provider say what is left of a pool."""
        rest = Amounts(*(int(limit * share) for limit in LIMIT))
        self.leases.of(pool).see(PoolState(LIMIT, rest))
        await self.leases.look()


@pytest.fixture
async def limits() -> Limits:
    """Give two pools with room in them."""
    found = Limits()
    for pool in (PRIMARY, FALLBACK):
        await found.left(pool, 1.0)
    return found


def outcomes(world: World) -> list[str]:
    """Return how the attempts at turns ended."""
    return [e.outcome for e in world.notes.events if isinstance(e, TurnEnded)]


async def until(world: World, outcome: str) -> None:
    """Return when an attempt has ended so."""
    async with asyncio.timeout(20):
        while outcome not in outcomes(world):
            await world.clock.sleep(0.01)


async def test_a_turn_waits_on_the_queue_and_is_answered(
    tmp_path: Path, limits: Limits
) -> None:
    """By the primary model, in time; the wait is no strike and no call."""
    model = Script(say("Here."))
    world = World(tmp_path, model, ScriptedTools(), gates=[limits.gate])
    async with world.living():
        talk = await world.open()
        await limits.left(PRIMARY, SOON)
        reply = await world.reply(await world.say(talk.id, "Hello"))
        assert reply is not None
        assert (reply.fallback_level, reply.model) == (0, PRIMARY)
        await until(world, "answered")
        assert outcomes(world)[0] == "put_off"
        assert len(outcomes(world)) <= 3
        assert len(model.requests) == 1


async def test_what_was_done_before_the_wait_is_not_done_again(
    tmp_path: Path, limits: Limits
) -> None:
    """A turn that waits between two calls goes on from its journal."""

    def pay(args: Any, context: Any) -> ToolDone:
        for pool in (PRIMARY, FALLBACK):
            limits.leases.block(pool, 0.5, ramps=False)
        return PAID

    tools = ScriptedTools(replace(tool("pay"), answer=pay))
    model = Script(use("pay", n=5), say("Paid."))
    world = World(tmp_path, model, tools, gates=[limits.gate])
    async with world.living():
        reply = await world.reply(await world.say((await world.open()).id, "Pay"))
        assert reply is not None
        assert (reply.response, reply.fallback_level) == ("Paid.", 0)
        assert len(tools.seen) == 1
        assert len(model.requests) == 2
        assert outcomes(world)[0] == "put_off"


async def test_a_wait_that_does_not_fit_goes_down(
    tmp_path: Path, limits: Limits
) -> None:
    """To the fallback model, if its pool has room."""
    limits.leases.block(PRIMARY, 20, ramps=False)
    world = World(tmp_path, Script(say("Hi.")), ScriptedTools(), gates=[limits.gate])
    async with world.living():
        reply = await world.reply(await world.say((await world.open()).id, "Hello"))
        assert reply is not None
        assert (reply.fallback_level, reply.model) == (2, "primary")
        await until(world, "answered")
        assert "put_off" not in outcomes(world)


async def test_without_any_room_in_time_no_model_answers(
    tmp_path: Path, limits: Limits
) -> None:
    """Level 4 is said at once; nobody waits in vain."""
    for pool in (PRIMARY, FALLBACK):
        limits.leases.block(pool, 20, ramps=False)
    model = Script(say("Hi."))
    world = World(tmp_path, model, ScriptedTools(), gates=[limits.gate])
    async with world.living():
        reply = await world.reply(await world.say((await world.open()).id, "Hello"))
        assert reply is not None
        assert reply.fallback_level == 4
        assert model.requests == []


async def test_low_priority_has_the_fallback_while_the_primary_is_low(
    tmp_path: Path, limits: Limits
) -> None:
    """The host says so in the metadata; other conversations are as ever."""
    await limits.left(PRIMARY, 0.15)
    model = Script(say("Hi."))
    world = World(tmp_path, model, ScriptedTools(), gates=[limits.gate])
    async with world.living():
        new = NewConversation("demo", "test", {"priority": "low"})
        talk = await world.store.inbox.open(new)
        reply = await world.reply(await world.say(talk.id, "Hello"))
        assert reply is not None
        assert reply.fallback_level == 2
        other = await world.reply(await world.say((await world.open()).id, "Hello"))
        assert other is not None
        assert other.fallback_level == 0
        assert [request.model for request in model.requests] == [FALLBACK, PRIMARY]


async def test_a_rate_limit_is_no_matter_of_the_breaker(
    tmp_path: Path, limits: Limits
) -> None:
    """It blocks the pool: the next turn does not call the model at all."""
    told = ModelFailure("rate_limited", "", retry_after_s=30)
    model = Script(told, say("Hi."))
    world = World(tmp_path, model, ScriptedTools(), gates=[limits.gate])
    async with world.living():
        for _ in range(2):
            reply = await world.reply(await world.say((await world.open()).id, "Hello"))
            assert reply is not None
            assert reply.fallback_level == 2
        models = [request.model for request in model.requests]
        assert models == [PRIMARY, FALLBACK, FALLBACK]


async def test_rate_limits_open_no_breaker() -> None:
    """However many there are: they are no failures, and the pool is what is shut."""
    clock = SystemClock()
    breaker = Breaker(clock, SeededRandom(), on_change=lambda state: None)
    shared = SharedBreakers(MemoryCircuits(clock), SystemIds(), Notes())
    gate = BreakerGate({PRIMARY: shared.share(PRIMARY, breaker)})
    deadline = Deadline(clock.now_ms() + 26_000, clock)
    request = ModelRequest(PRIMARY, "", [])
    call = ProposedCall("turn_1", request, deadline, underway=False)
    for kind in ("rate_limited", "ramp_limited") * 10:
        admitted = await gate.admit(call)
        assert not isinstance(admitted, Refusal)
        admitted.settle(CallEnd(ModelFailure(kind, "", retry_after_s=5), 0.1))
    assert breaker.state == "closed"


@dataclass
class Busy:
    """A gate that lets calls wait, so many times."""

    times: int

    async def admit(self, call: ProposedCall) -> "Busy | Refusal":
        """Let it wait, or pass."""
        self.times -= 1
        return self if self.times < 0 else Refusal("busy", 0.01, waits=True)

    def settle(self, end: CallEnd) -> None:
        """Take no note."""

    def give_back(self) -> None:
        """Take no note."""


async def test_a_turn_may_wait_more_often_than_it_may_crash(tmp_path: Path) -> None:
    """Waiting is an orderly end of an attempt: no number of them kills a turn."""
    busy = Busy(MAX_STRIKES + 2)
    model = Script(say("Here."))
    async with World(tmp_path, model, ScriptedTools(), gates=[busy]).living() as world:
        reply = await world.reply(await world.say((await world.open()).id, "Hello"))
        assert reply is not None
        assert reply.fallback_level == 0
        await until(world, "answered")
        assert outcomes(world) == ["put_off"] * (MAX_STRIKES + 2) + ["answered"]


async def test_the_watchdog_answers_for_who_waits(
    tmp_path: Path, limits: Limits
) -> None:
    """A turn that is put off has its time like any other."""
    await limits.left(PRIMARY, 0.0)
    model = Script(say("Here."))
    world = World(tmp_path, model, ScriptedTools(), gates=[limits.gate], watched=False)
    async with world.living():
        accepted = await world.say((await world.open()).id, "Hello")
        await until(world, "put_off")
        await world.store.writer.run(
            lambda unit: unit.row("UPDATE turns SET answer_by_ms = 0 RETURNING id", {})
        )
        await world.watchdog().look()
        holding = await world.reply(accepted)
        assert holding is not None
        assert holding.fallback_level == 4
        await until(world, "answered")
        answer = await world.reply(accepted)
        assert answer is not None
        assert (answer.fallback_level, answer.response) == (0, "Here.")
