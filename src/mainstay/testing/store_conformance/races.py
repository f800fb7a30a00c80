"""A random walk of two processes over one store, under the referee's eyes."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - repeats itself for its seed

import pytest

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.turn import Claim
from mainstay.ports.inbox import Accepted
from mainstay.ports.journal import Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    effect,
    message,
    reply,
    thought,
)
from mainstay.testing.store_conformance.referee import Referee

WALKS = 40
STEPS = 150
CONVERSATIONS = 2
KEYS = 60

REFUSED = (LeaseLost, TakenOver, Conflict)


@dataclass(slots=True)
class Walk:
    """Two processes that do what they may, in any order.

    Args:
        sides: two connections to one store, on one clock.
        chance: draws every choice.
        referee: follows.
    """

    sides: tuple[StorePorts, StorePorts]
    chance: Random
    referee: Referee = field(default_factory=Referee)
    conversations: list[str] = field(default_factory=list[str])
    claims: list[tuple[StorePorts, Claim]] = field(
        default_factory=list[tuple[StorePorts, Claim]]
    )
    turns: set[str] = field(default_factory=set[str])

    async def run(self) -> None:
        """Walk, let what is left be answered, and have it judged."""
        for _ in range(CONVERSATIONS):
            self.conversations.append(await self.sides[0].open())
        acts = [self._say, self._claim, self._say, self._claim, self._write]
        acts += [self._finish, self._put_off, self._release, self._renew]
        acts += [self._pass_time, self._hold, self._switch, self._bury]
        for act in self.chance.choices(acts, k=STEPS):
            with suppress(*REFUSED):
                await act()
        await self._settle()
        for id_ in self.conversations:
            await self.referee.judge(self.sides[1], id_)
        for turn_id in self.turns:
            view = await self.sides[1].turn(turn_id)
            assert view.state in ("answered", "handed_off"), "a message was lost"
        assert (await self.sides[1].audit.verify()).intact

    def _side(self) -> StorePorts:
        return self.chance.choice(self.sides)

    def _some_claim(self) -> tuple[StorePorts, Claim]:
        """Return a claim that some side has, or had; Conflict when there is none."""
        if not self.claims:
            raise Conflict("nothing was claimed yet")
        return self.chance.choice(self.claims[-4:])

    def _now_s(self) -> float:
        return self.sides[0].clock.monotonic_s()

    async def _say(self) -> None:
        id_ = self.chance.choice(self.conversations)
        key = f"key:{self.chance.randrange(KEYS)}"
        outcome = await self._side().inbox.accept(message(id_, "Hello", key))
        assert isinstance(outcome, Accepted)
        self.referee.accepted(id_, key, outcome)
        self.turns.add(outcome.turn_id)

    async def _claim(self) -> None:
        side = self.chance.randrange(2)
        ports, owner = self.sides[side], f"side{side}"
        for claim in await ports.leases.claim(self.conversations, owner):
            self.referee.claimed(claim, self._now_s())
            self.claims.append((ports, claim))

    async def _write(self) -> None:
        ports, claim = self._some_claim()
        key = f"k{self.chance.random()}"
        entry = Entry([thought(key)], intended=[effect(claim, key)], needs_ai=True)
        await ports.journal.append(claim, entry)
        self.referee.wrote(claim, ends=False)

    async def _finish(self) -> None:
        ports, claim = self._some_claim()
        level = self.chance.choice((0, 2, 4))
        await ports.journal.finish(claim, answered(f"{claim.turn.id} {level}", level))
        self.referee.wrote(claim, ends=True)

    async def _put_off(self) -> None:
        ports, claim = self._some_claim()
        await ports.journal.postpone(claim, 0.5, orderly=True)
        self.referee.wrote(claim, ends=True)

    async def _release(self) -> None:
        ports, claim = self._some_claim()
        await ports.leases.release(claim.lease)
        self.referee.released(claim)

    async def _renew(self) -> None:
        owner = self.chance.choice(("side0", "side1"))
        kept = await asyncio.to_thread(
            self._side().leases.renew, owner, self.conversations
        )
        self.referee.renewed(owner, kept, self._now_s())

    async def _pass_time(self) -> None:
        self.sides[0].clock.advance(self.chance.choice((0.5, 5, LEASE_S, 28)))

    async def _hold(self) -> None:
        ports = self._side()
        for late in await ports.watch.overdue(10):
            await ports.watch.hold(late.turn, reply(f"{late.turn.id} held", 4))

    async def _switch(self) -> None:
        desk, id_ = self._side().desk, self.chance.choice(self.conversations)
        human = self.chance.random() < 0.4
        change = (
            desk.take_over(id_, "op", "walk") if human else desk.hand_back(id_, "op")
        )
        if await change:
            self.referee.owner_is(id_, human=human)

    async def _bury(self) -> None:
        owner = self.chance.choice(("side0", "side1"))
        await self._side().leases.bury(owner)
        self.referee.buried(owner)

    async def _settle(self) -> None:
        """Let one process answer all that is left."""
        ports = self.sides[0]
        for id_ in self.conversations:
            await ports.desk.hand_back(id_, "op")
            self.referee.owner_is(id_, human=False)
        for _ in range(2 * STEPS):
            ports.clock.advance(LEASE_S)
            claims = await ports.leases.claim(self.conversations, "last")
            for claim in claims:
                self.referee.claimed(claim, self._now_s())
                await ports.journal.finish(claim, answered(f"{claim.turn.id} 0"))
                self.referee.wrote(claim, ends=True)
            if not claims:
                return


class RaceConformance:
    """What holds when two processes do anything, in any order."""

    pytestmark = pytest.mark.asyncio

    @pytest.mark.parametrize("seed", range(WALKS))
    async def test_a_random_walk_keeps_the_promises(
        self, sides: tuple[StorePorts, StorePorts], seed: int
    ) -> None:
        """Each turn is answered once and in order, and no old holder writes."""
        await Walk(sides, Random(seed)).run()  # noqa: S311 - no secret comes of it
