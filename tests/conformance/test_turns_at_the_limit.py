"""Turns that meet an account's limits, over HTTP: all are answered, few are refused."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mainstay.agent.options import LadderOptions
from mainstay.agent.rate_gate import RateGate
from mainstay.caches.pool_leases import PoolLeases
from mainstay.domain.reply import Reply
from mainstay.models.claude import ClaudeModel
from mainstay.ports.inbox import NewConversation
from mainstay.ports.telemetry import TurnEnded
from mainstay.simulator.options import Options
from mainstay.simulator.server import running
from mainstay.system.clock import SystemClock
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.secret import GivenSecret
from mainstay.testing.world import Notes, World

SONNET, HAIKU = "claude-sonnet-5-5", "claude-haiku-5-5"
A_MINUTE = 60
IN_TIME_S = 26.0


@dataclass
class Account:
    """A world before a simulator that enforces limits.

    Args:
        world: with one worker.
        leases: its shares of the limits.
        address: the simulator's.
    """

    world: World
    leases: PoolLeases
    address: str

    async def ask(self, **metadata: str) -> tuple[Reply, float]:
        """Open a conversation and say hello; return the reply, and how long it took."""
        clock = self.world.clock
        new = NewConversation("demo", "test", metadata)
        talk = await self.world.store.inbox.open(new)
        started_s = clock.monotonic_s()
        accepted = await self.world.say(talk.id, "Hello")
        reply = await self.world.reply(accepted, within_s=40)
        assert reply is not None
        return reply, clock.monotonic_s() - started_s

    async def rush(self, count: int) -> list[tuple[Reply, float]]:
        """Let customers ask at the same time."""
        return await asyncio.gather(*(self.ask() for _ in range(count)))

    async def calls(self) -> dict[str, Any]:
        """Return the simulator's own count of calls."""
        import httpx2

        async with httpx2.AsyncClient() as http:
            got = await http.get(f"{self.address}/calls")
            return json.loads(got.content)

    @property
    def put_off(self) -> int:
        """How often a turn was put off."""
        ends = [e for e in self.world.notes.events if isinstance(e, TurnEnded)]
        return sum(end.outcome == "put_off" for end in ends)


@pytest.fixture
async def account(tmp_path: Path) -> AsyncGenerator[Account]:
    """Give an account with a request a second, in each line."""
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        options = Options(enforce_rates=True, requests_per_min=A_MINUTE)
        address = await stack.enter_async_context(running(options))
        model = ClaudeModel(GivenSecret("key"), address, clock)
        stack.push_async_callback(model.close)
        leases = PoolLeases(
            None, ["sonnet", "haiku"], sharers=lambda: 1, clock=clock, telemetry=Notes()
        )
        await leases.start()
        stack.push_async_callback(leases.stop)
        world = World(
            tmp_path,
            model,
            ScriptedTools(),
            options=LadderOptions(model=SONNET, fallback_model=HAIKU),
            gates=[RateGate(leases, (SONNET, HAIKU), clock)],
        )
        yield Account(await stack.enter_async_context(world.living()), leases, address)


async def test_all_are_answered_in_time_and_hardly_a_call_is_refused(
    account: Account,
) -> None:
    """More customers than requests: some wait, some have the fallback model."""
    reply, _ = await account.ask()
    assert reply.fallback_level == 0
    await account.leases.look()
    plenty = await account.rush(45)
    assert {reply.fallback_level for reply, _ in plenty} == {0}
    while account.leases.of("sonnet").level == "ample":
        reply, _ = await account.ask()
        assert reply.fallback_level == 0
        await account.leases.look()
    low, _ = await account.ask(priority="low")
    assert (low.fallback_level, low.model) == (2, HAIKU)
    normal, _ = await account.ask()
    assert (normal.fallback_level, normal.model) == (0, SONNET)
    assert account.put_off == 0

    many = await account.rush(50)
    levels = [reply.fallback_level for reply, _ in many]
    calls = await account.calls()
    print(f"levels {levels}; put off {account.put_off}; {calls['per_status']}")
    assert set(levels) == {0, 2}
    assert max(took_s for _, took_s in many) <= IN_TIME_S
    # Who waited was answered by the primary: one each second.
    waited = [reply for reply, took_s in many if took_s > 5]
    assert len(waited) >= 8
    assert account.put_off >= 8
    assert sum(r.fallback_level == 0 for r in waited) >= 0.8 * len(waited)
    assert calls["per_status"].get("429", 0) <= 0.02 * calls["total"]
