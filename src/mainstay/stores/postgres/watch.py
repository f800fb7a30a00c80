"""The watchdog's reads and writes on PostgreSQL."""

from typing import Any

from mainstay.domain.reply import Reply
from mainstay.domain.turn import Turn
from mainstay.ports.chance import Ids
from mainstay.ports.watch import Overdue
from mainstay.stores.codec import loads
from mainstay.stores.postgres.horizon import Horizon
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.spend import SQL as SPEND
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.rows import effect_of
from mainstay.stores.statements import load
from mainstay.stores.thresholds import ASKERS, FORGET_AT_ONCE, MOST_ANSWERS

SQL = load("postgres", "watch")


class PostgresWatch:
    """Finds overdue turns and holds them."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids
        self._horizon = Horizon(reader, SQL["oldest"])

    async def overdue(self, limit: int) -> list[Overdue]:
        """Return unheld open turns past ``answer_by``, oldest first."""
        since_ms = await self._horizon.since_ms()
        rows = await self._reader.rows(SQL["overdue"], limit, since_ms)
        return [
            Overdue(Turn(*row[:-1]), [effect_of(e) for e in loads(row[-1])])
            for row in (tuple(one) for one in rows)
        ]

    async def hold(self, turn: Turn, reply: Reply) -> bool:
        """Commit the holding reply if the turn is still open and unheld."""
        row = self._escalated(turn.conversation_id, turn.id)
        row |= {"message_id": self._ids.new("msg"), "text": reply.response}
        row |= {"level": reply.fallback_level, "model": reply.model}
        held: bool = await self._writer.run(
            Piece("hold", row, turn.conversation_id, news=True)
        )
        return held

    async def forget(self) -> None:
        """Drop keys past their time and old sums, a bounded number at once."""
        await self._reader.row(SQL["forget"])
        await self._reader.row(SPEND["forget"])

    async def forget_answers(self) -> int:
        """Drop earlier answers past their time, or too many; return how many."""
        ended: int = (await self._reader.row(SQL["forget_ended"], FORGET_AT_ONCE))[0]
        if ended:
            return ended
        limits = (ASKERS, MOST_ANSWERS, FORGET_AT_ONCE)
        surplus: int = (await self._reader.row(SQL["forget_surplus"], *limits))[0]
        return surplus

    async def doubt_abandoned(self) -> int:
        """Mark effects in doubt that no turn will settle; return how many."""
        found = await self._reader.rows(SQL["abandoned"])
        told = await self._writer.run_all(
            [
                Piece("doubt", self._escalated(place, turn) | {"key": key}, place)
                for key, turn, place in found
            ]
        )
        return sum(told)

    def _escalated(self, conversation_id: str, turn_id: str) -> dict[str, Any]:
        row = {"conversation_id": conversation_id, "turn_id": turn_id}
        return row | {"escalation_id": self._ids.new("esc")}
