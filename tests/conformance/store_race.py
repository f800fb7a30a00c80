"""Several sides act on one store at once, statement by statement, as a seed says."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.conformance.store_play import LEVELS, STATES
from tests.conformance.store_stage import SIDES, Stage

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import Claim
from mainstay.ports.inbox import Accepted
from mainstay.ports.journal import EffectChange, Ending, Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    effect,
    message,
    reply,
    thought,
)

T = TypeVar("T")

ROUNDS = 18
AT_ONCE = (1, 1, 2)
"""How many acts a side has in a round; several share one commit."""

ACTS = (
    *("say", "say", "say", "claim", "claim", "claim", "write", "write", "finish"),
    *("finish", "intend", "settle", "put_off", "release", "renew", "hold", "bury"),
    *("take_over", "hand_back", "speak", "revive"),
)
ALONE = ("hold", "revive", "renew")
"""These read first, or run beside the others: what shared their commit would vary."""

TIMES_S = (0, 0, 0, 0, 5, 10, 28, 28)
LATER = 0.02
"""How often time passes between two statements rather than between two rounds."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody tried to write under a claim."""

    claim: Claim
    needs_ai: bool


class Race:
    """Acts and their history; the referee judges what became of them.

    Args:
        stage: where.
        seed: chooses acts and the order of statements; the same gives the same.
        acts: from which it chooses.

    Args of its parts:
        accepted: by conversation and key, each answer to an accept.
        claims: every claim won, the newest last.
        sent: by its text, each write under a claim.
        ended: by turn, each claim under which the store said that it ended.
        revived: how many turns were redriven.
    """

    def __init__(self, stage: Stage, seed: int, acts: Sequence[str] = ACTS) -> None:
        self.stage = stage
        self.seed = seed
        self._choice = acts
        self._chance = random.Random(seed)  # noqa: S311 - for tests
        self._acts = 0
        self.places: list[str] = []
        self.accepted: dict[tuple[str, str], list[Accepted]] = {}
        self.claims: list[Claim] = []
        self.sent: dict[str, Sent] = {}
        self.ended: dict[str, list[Claim]] = {}
        self.intended: list[str] = []
        self.revived = 0

    async def play(self) -> None:
        """Play every round, then answer what is left, one act after the other."""
        self.places = [await self._freely(self._side(0).open()) for _ in range(2)]
        for _ in range(ROUNDS):
            await self._round()
        await self._end()

    def _side(self, n: int) -> StorePorts:
        return self.stage.sides[n]

    async def _round(self) -> None:
        await self.stage.advance(self._chance.choice(TIMES_S))
        acting = {n: asyncio.ensure_future(self._acts_of(n)) for n in range(SIDES)}
        try:
            await self._step_through(acting)
        except BaseException:
            await self.stage.let_go()
            await asyncio.gather(*acting.values(), return_exceptions=True)
            raise
        for task in acting.values():
            await task

    async def _step_through(self, acting: dict[int, asyncio.Future[Any]]) -> None:
        while standing := await self.stage.standing(acting):
            if self._chance.random() < LATER:
                await self.stage.advance(LEASE_S)
            await self.stage.step(self._chance.choice(standing))
        assert all(task.done() for task in acting.values()), "they wait in a circle"

    async def _freely(self, work: Awaitable[T]) -> T:
        """Run one piece of work without a rival."""
        task = asyncio.ensure_future(work)
        await self._step_through({0: task})
        return await task

    def _acts_of(self, side: int) -> Awaitable[object]:
        chosen = [
            self._chance.choice(self._choice)
            for _ in range(self._chance.choice(AT_ONCE))
        ]
        chosen = [name for name in chosen if name in ALONE][:1] or chosen
        print(f"seed {self.seed}, act {self._acts + 1}: side{side}", *chosen)
        return asyncio.gather(*[self._act(name, side) for name in chosen])

    def _act(self, name: str, side: int) -> Awaitable[None]:
        self._acts += 1
        act: Callable[[int, str, int], Awaitable[None]] = getattr(self, name)
        return act(side, f"{self._acts:03}", self._chance.randrange(420))

    async def say(self, side: int, tag: str, value: int) -> None:
        """Say something under a key; a key has one text."""
        place = self.places[value % 2]
        key = f"key {value % 7}" if value % 3 == 0 else f"key {tag}"
        told = await self._side(side).inbox.accept(message(place, f"say {key}", key))
        assert isinstance(told, Accepted)
        self.accepted.setdefault((place, key), []).append(told)

    async def claim(self, side: int, tag: str, value: int) -> None:
        """Claim one conversation, or both."""
        wanted = self.places if value % 3 else [self.places[value % 2]]
        self.claims += await self._side(side).leases.claim(wanted, f"side{side}")

    async def write(self, side: int, tag: str, value: int) -> None:
        """Write a step under a claim that may be an old one."""
        if claim := self._recent(value):
            ai = bool(value % 2)
            entry = Entry([self._thought(tag, claim, ai=ai)], needs_ai=ai)
            await self._try(self._side(side).journal.append(claim, entry))

    async def intend(self, side: int, tag: str, value: int) -> None:
        """Intend an effect whose unique key may be taken."""
        if claim := self._recent(value):
            one = effect(claim, f"effect {tag}", f"unique {value % 5}")
            step = self._thought(tag, claim, ai=True)
            entry = Entry([step], intended=[one], needs_ai=True)
            if await self._try(self._side(side).journal.append(claim, entry)):
                self.intended.append(one.key)

    async def settle(self, side: int, tag: str, value: int) -> None:
        """Tell what became of an effect."""
        claim = self._recent(value)
        if claim and self.intended:
            state = ("committed", "failed")[value % 2]
            entry = Entry(
                [self._thought(tag, claim, ai=False)],
                changed=[EffectChange(self.intended[-1], state)],
            )
            await self._try(self._side(side).journal.append(claim, entry))

    async def finish(self, side: int, tag: str, value: int) -> None:
        """End a turn in some way."""
        if claim := self._recent(value):
            text = f"reply {tag}"
            self.sent[text] = Sent(claim, True)
            said = reply(text, LEVELS[value % 5])
            ending = Ending(said, STATES[value // 5 % 5])
            if await self._try(self._side(side).journal.finish(claim, ending)):
                self.ended.setdefault(claim.turn.id, []).append(claim)

    async def put_off(self, side: int, tag: str, value: int) -> None:
        """Postpone a turn."""
        if claim := self._recent(value):
            delay_s = value % 2 * 20
            journal = self._side(side).journal
            await self._try(journal.postpone(claim, delay_s, orderly=value % 3 > 0))

    async def release(self, side: int, tag: str, value: int) -> None:
        """End a lease."""
        if claim := self._recent(value):
            await self._side(side).leases.release(claim.lease)

    async def renew(self, side: int, tag: str, value: int) -> None:
        """Prolong what this side holds."""
        leases = self._side(side).leases
        await asyncio.to_thread(leases.renew, f"side{side}", self.places)

    async def hold(self, side: int, tag: str, value: int) -> None:
        """Hold what is overdue."""
        watch = self._side(side).watch
        for late in await watch.overdue(10):
            await watch.hold(late.turn, reply(f"hold {tag} {late.turn.id}", 4))

    async def bury(self, side: int, tag: str, value: int) -> None:
        """Void what another side holds."""
        await self._side(side).leases.bury(f"side{(side + 1 + value % 2) % SIDES}")

    async def take_over(self, side: int, tag: str, value: int) -> None:
        """Give a conversation to a human."""
        await self._side(side).desk.take_over(self.places[value % 2], "op", "test")

    async def hand_back(self, side: int, tag: str, value: int) -> None:
        """Give it back."""
        await self._side(side).desk.hand_back(self.places[value % 2], "op")

    async def speak(self, side: int, tag: str, value: int) -> None:
        """Let a human speak."""
        desk = self._side(side).desk
        await self._try(desk.reply(self.places[value % 2], "op", f"human {tag}"))

    async def revive(self, side: int, tag: str, value: int) -> None:
        """Redrive what is dead."""
        revived = await self._side(side).desk.redrive(None, "op")
        self.revived += revived

    def _recent(self, value: int) -> Claim | None:
        lately = min((0, 0, 0, 1, 1, 2, 3)[value // 60], len(self.claims) - 1)
        return self.claims[-1 - lately] if self.claims else None

    def _thought(self, tag: str, claim: Claim, *, ai: bool) -> ModelStep:
        self.sent[f"step {tag}"] = Sent(claim, ai)
        return thought(f"step {tag}")

    async def _try(self, attempt: Awaitable[object]) -> bool:
        try:
            await attempt
        except (LeaseLost, TakenOver, Conflict):
            return False
        return True

    async def _end(self) -> None:
        await self.stage.let_go()
        side = self._side(0)
        for place in self.places:
            await side.desk.hand_back(place, "op")
        for _ in range(60):
            await self.stage.advance(3 * LEASE_S)
            won = await side.leases.claim(self.places, "last")
            if not won:
                return
            for claim in won:
                self.claims.append(claim)
                text = f"reply last {claim.turn.id}"
                self.sent[text] = Sent(claim, True)
                await side.journal.finish(claim, answered(text))
                self.ended.setdefault(claim.turn.id, []).append(claim)
