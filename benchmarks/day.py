"""What the store does all day, piece by piece, each through its port."""

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from mainstay.domain.effect import Effect
from mainstay.domain.reply import Reply
from mainstay.domain.spend import Amount
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import Claim
from mainstay.ports.findings import Finding
from mainstay.ports.inbox import NewMessage
from mainstay.ports.journal import EffectChange, Ending, Entry
from mainstay.stores.postgres.store import PostgresStore
from mainstay.system.clock import SystemClock

T = TypeVar("T")

ME = "bench"
HELD = 100
"""Leases that one renewal prolongs, and ids that one look takes."""

LAST_MS, MOST = 300_000, 5_000
"""The turns that health looks at."""

FINDING = Finding(ok=True, detail="0 of 3 turns")

THOUGHT = ModelStep("a-model", [{"type": "text", "text": "Let me see."}], "end_turn")
PRICE = Amount(3420, 0.004)
REPLY = Reply("It comes tomorrow.", "a-model", True, 0)


class Observer(Protocol):
    """Runs a piece of work and notes what it took."""

    async def __call__(self, name: str, work: Awaitable[T]) -> T:
        """Return the work's result."""
        ...


@dataclass(slots=True)
class Day:
    """A store's work, piece by piece.

    Args:
        store: open, with an archive.
        done: ids of conversations without work.
        due: ids of free ones with work.
        seen: runs each piece.
    """

    store: PostgresStore
    done: Iterator[str]
    due: Iterator[str]
    seen: Observer
    _held: list[str] = field(default_factory=list[str])

    async def pass_by(self) -> None:
        """Do each piece once."""
        await self._serve()
        await self._put_off()
        await self._watch()
        await self._read()
        await self._hand_over()

    async def _claim(self) -> Claim:
        (claim,) = await self.seen(
            "claim", self.store.leases.claim([next(self.due)], ME)
        )
        self._held = [*self._held[1 - HELD :], claim.lease.conversation_id]
        return claim

    async def _serve(self) -> None:
        """Take a message, work on a turn, end it."""
        store, seen = self.store, self.seen
        id_ = next(self.done)
        key = f"bench:{id_}"
        new = NewMessage(id_, None, "Where is it?", (key,), "digest")
        await seen("accept", store.inbox.accept(new))
        claim = await self._claim()
        await seen("load", store.journal.load(claim))
        effect = Effect(key, "refund", {}, "intended", None, "", claim.turn.id, key)
        change = EffectChange(key, "committed", {"ok": True}, "Done.")
        intent = Entry([THOUGHT], intended=[effect], needs_ai=True)
        await seen("append an intent", store.journal.append(claim, intent))
        result = Entry([THOUGHT], changed=[change])
        await seen("append a result", store.journal.append(claim, result))
        renewing = asyncio.to_thread(store.leases.renew, ME, self._held)
        await seen("renew", renewing)
        ending = Ending(REPLY, "answered", spent=PRICE)
        await seen("finish", store.journal.finish(claim, ending))

    async def _put_off(self) -> None:
        journal, leases = self.store.journal, self.store.leases
        claim = await self._claim()
        await self.seen("postpone", journal.postpone(claim, 3600, orderly=True))
        claim = await self._claim()
        await self.seen("release", leases.release(claim.lease))

    async def _watch(self) -> None:
        """Look for what is due or late, as gateways and workers do all the time."""
        schedule, watch = self.store.schedule, self.store.watch
        await self.seen("take", schedule.take(HELD, 0))
        await self.seen("take nothing", schedule.take(HELD, 0, due_for_ms=10**8))
        await self.seen("stats", schedule.stats())
        await self.seen("standing", self.store.standings.look())
        await self.seen("overdue", watch.overdue(HELD))
        await self.seen("abandoned", watch.doubt_abandoned())
        await self.seen("forget", watch.forget())
        await self.seen("enlisted", self.store.leases.enlisted())
        await self.seen("bury", self.store.leases.bury("nobody"))
        await self._sum_up()

    async def _sum_up(self) -> None:
        """Look at the turns of the last minutes, as one process does for all."""
        now_ms, hours = SystemClock().now_ms(), self.store.hours
        await self.seen("sums", hours.sums(now_ms - LAST_MS, now_ms, MOST))
        await self.seen("newest hour", hours.newest())
        await self.seen("tell", self.store.findings.tell("turns", ME, FINDING))
        await self.seen("latest", self.store.findings.latest("turns"))

    async def _read(self) -> None:
        reads, id_ = self.store.conversations, next(self.done)
        turn_id = f"turn_{int(id_.removeprefix('conv_')) * 5:026d}"
        await self.seen("get", reads.get(id_))
        await self.seen("messages", reads.messages(id_, 0, 100))
        await self.seen("events", reads.events(id_, 0, 100))
        await self.seen("turn", reads.turn(turn_id))
        await self.seen("reply", reads.reply(turn_id))
        await self.seen("slowest", reads.slowest(10))
        await self.seen("key", self.store.keys.find(b"digest"))

    async def _hand_over(self) -> None:
        """Let a human in, and out again."""
        desk, id_ = self.store.desk, next(self.done)
        await self.seen("take over", desk.take_over(id_, "op", "bench"))
        await self.seen("human reply", desk.reply(id_, "op", "Hello"))
        await self.seen("hand back", desk.hand_back(id_, "op"))
        await self.seen("approvals", desk.approvals())
        await self.seen("escalations", desk.escalations())
        await self.seen("dead", desk.dead())
