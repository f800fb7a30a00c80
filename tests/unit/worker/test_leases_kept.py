"""Leases are kept from the claim on, by one statement, whatever the turns do."""

import asyncio
import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from mainstay.domain.errors import LeaseLost
from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.turn import Claim, Lease, Turn
from mainstay.ports.telemetry import TurnEnded
from mainstay.ports.turn_events import LeaseGone
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker import grip

HASTE_S = 0.05


class Words:
    """A model that always says the same."""

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Answer."""
        block = {"type": "text", "text": "Here."}
        return ModelStep(request.model, [block], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


class Renewals:
    """Notes every renewal, and passes it on if there is somebody."""

    def __init__(self, renew: Any = None) -> None:
        self._renew = renew
        self.rounds: list[set[str]] = []
        self.three = threading.Event()

    def renew(self, owner: str, held: Collection[str]) -> set[tuple[str, int]]:
        """Prolong the leases."""
        self.rounds.append(set(held))
        if len(self.rounds) >= 3:
            self.three.set()
        return (
            {(id_, 1) for id_ in held}
            if self._renew is None
            else self._renew(owner, held)
        )


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renew often."""
    monkeypatch.setattr(grip, "RENEW_S", HASTE_S)


async def test_a_lease_is_kept_while_a_turn_is_set_up(tmp_path: Path) -> None:
    """Reading a long history is part of the turn: its heartbeat has begun by then."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        renewals = Renewals(world.store.leases.renew)
        world.store.leases.renew = renewals.renew  # type: ignore[method-assign]
        load = world.store.journal.load

        async def slow(claim: Claim) -> Any:
            await asyncio.to_thread(renewals.three.wait, 10)
            assert renewals.rounds, "set up outside the heartbeat"
            return await load(claim)

        world.store.journal.load = slow  # type: ignore[method-assign]
        await world.start_worker()
        talk = await world.open()
        assert await world.reply(await world.say(talk.id, "Hello")) is not None
        assert all(held == {talk.id} for held in renewals.rounds)


async def test_a_lease_is_counted_from_when_it_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim whose answer came late has less time left: the store's own has begun."""
    ages: asyncio.Queue[float] = asyncio.Queue()

    class Noting:
        """Notes how old the lease is when its turn begins."""

        async def run(self, claim: Claim, held: grip.Held) -> Any:
            ages.put_nowait(held.age_s())
            raise LeaseLost(claim.turn.conversation_id)

    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        claim = world.store.leases.claim

        async def late(*args: Any) -> Any:
            claims = await claim(*args)
            await asyncio.sleep(0.2)
            return claims

        world.store.leases.claim = late  # type: ignore[method-assign]
        monkeypatch.setattr(World, "runner", lambda _: Noting())
        await world.start_worker()
        await world.say((await world.open()).id, "Hello")
        assert await ages.get() >= 0.2


async def test_a_lease_that_a_turn_ends_itself_is_not_lost(tmp_path: Path) -> None:
    """A renewal that comes between its commit and its end cuts nothing off."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        renewals = Renewals(world.store.leases.renew)
        finish = world.store.journal.finish
        world.store.leases.renew = renewals.renew  # type: ignore[method-assign]

        async def slow(claim: Claim, ending: Any) -> bool:
            more = await finish(claim, ending)
            renewals.three.clear()
            del renewals.rounds[:]
            await asyncio.to_thread(renewals.three.wait, 10)
            return more

        world.store.journal.finish = slow  # type: ignore[method-assign]
        await world.start_worker()
        accepted = await world.say((await world.open()).id, "Hello")
        while not (told := [e for e in world.notes.events if isinstance(e, TurnEnded)]):
            await world.clock.sleep(0.01)
    assert [(e.turn_id, e.outcome) for e in told] == [(accepted.turn_id, "answered")]
    assert not any(isinstance(e, LeaseGone) for e in world.notes.events)
    assert renewals.rounds[0]


async def test_one_statement_renews_every_lease(tmp_path: Path) -> None:
    """Its number grows with the workers, not with their turns."""
    renewals = Renewals()
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        keeper = grip.GripKeeper(
            "proc",
            renewals,
            world.clock,
            world.notes,
            lambda claim: None,  # type: ignore[arg-type]
        )
        held = {f"conv_{n}" for n in range(200)}
        for id_ in held:
            turn = Turn(f"turn_{id_}", id_, 1, 1, "running", 1, 1, 0, 0, None, None)
            keeper.hold(Claim(Lease(id_, "proc", 1, 0), turn))
        began_s = world.clock.monotonic_s()
        await keeper.start()
        await asyncio.to_thread(renewals.three.wait, 10)
        await keeper.stop()
        took_s = world.clock.monotonic_s() - began_s
    assert all(round_ == held for round_ in renewals.rounds)
    assert 3 <= len(renewals.rounds) <= took_s / HASTE_S + 1


async def test_who_wins_what_it_held_goes_on_once(tmp_path: Path) -> None:
    """A lease that ended in the store, and its very holder won the next one."""
    async with World(tmp_path, Words(), ScriptedTools()).living(working=False) as world:
        lost, told = list[Claim](), asyncio.Event()

        def lose(claim: Claim) -> None:
            lost.append(claim)
            told.set()

        keeper = grip.GripKeeper("proc", Renewals(), world.clock, world.notes, lose)
        await keeper.start()
        turn = Turn("turn_1", "conv_1", 1, 1, "running", 1, 1, 0, 0, None, None)
        first, second = (Claim(Lease("conv_1", "proc", n, 0), turn) for n in (1, 2))
        keeper.hold(first)
        held = keeper.hold(second)
        async with asyncio.timeout(10):
            await told.wait()
        await keeper.stop()
    assert (lost, keeper.holds(first), keeper.holds(second)) == ([first], False, True)
    held.ensure()
