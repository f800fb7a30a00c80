"""What was said in a world, and when: taken down in the commit that says it."""

import asyncio
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from mainstay.testing.simulation.trace import Trace

_NEW = """
SELECT seq, role, text, turn_id, level, model FROM messages
WHERE conversation_id = ? AND seq > ? ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as it was committed.

    Args:
        at_s: simulated time of the commit.
        conversation_id: where.
        seq: its number there.
        role: whose it is.
        text: its words.
        turn_id: whose turn, or None.
        level: how it was made, or None.
        model: which model made it, or None.
    """

    at_s: float
    conversation_id: str
    seq: int
    role: str
    text: str
    turn_id: str | None
    level: int | None
    model: str | None


class History:
    """Takes down every message, and every change of a conversation's owner.

    Args:
        trace: is told.

    Attributes:
        said: every message, in order of their commits.
        owners: conversation → when a human got it, and when the AI got it back.
    """

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._last: dict[str, int] = {}
        self._replied: dict[str, asyncio.Event] = {}
        self.said: list[Said] = []
        self.owners: dict[str, list[tuple[float, str]]] = {}

    def take_down(
        self, connection: sqlite3.Connection, at_s: float, touched: Iterable[str]
    ) -> None:
        """Look what is new in the conversations."""
        for id_ in sorted(touched):
            for row in connection.execute(_NEW, (id_, self._last.get(id_, 0))):
                said = Said(at_s, id_, *row)
                self.said.append(said)
                self._last[id_] = said.seq
                what = f"{id_[-3:]}#{said.seq} {said.role} {said.level}: {said.text}"
                self._trace.note(at_s, "says", what)
                if said.turn_id is not None and said.role != "customer":
                    self._event(said.turn_id).set()
            sql = "SELECT owner FROM conversations WHERE id = ?"
            (owner,) = connection.execute(sql, (id_,)).fetchone()
            owners = self.owners.setdefault(id_, [(at_s, "ai")])
            if owners[-1][1] != owner:
                owners.append((at_s, owner))
                self._trace.note(at_s, "owner", f"{id_[-3:]} {owner}")

    async def reply(self, turn_id: str, within_s: float) -> None:
        """Return at the turn's first reply, or after so many seconds."""
        try:
            async with asyncio.timeout(within_s):
                await self._event(turn_id).wait()
        except TimeoutError:
            return

    def _event(self, turn_id: str) -> asyncio.Event:
        return self._replied.setdefault(turn_id, asyncio.Event())
