"""Reading conversations, turns and events on SQLite."""

from collections.abc import Mapping
from typing import Any

from mainstay.domain.conversation import Conversation
from mainstay.domain.event import Event
from mainstay.domain.message import Message
from mainstay.domain.reply import Reply
from mainstay.ports.clock import Clock
from mainstay.ports.conversations import SlowTurn, TurnView
from mainstay.stores.rows import (
    conversation_of,
    event_of,
    message_of,
    reply_of,
    slow_turn_of,
    turn_view_of,
)
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.statements import load

SQL = load("sqlite", "conversations")


class SqliteConversations:
    """Reads from snapshots; none of them blocks the writer."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation, or None."""
        row = self._reader.row(SQL["get"], {"conversation_id": conversation_id})
        return None if row is None else conversation_of(row)

    async def messages(
        self, conversation_id: str, after: int, limit: int
    ) -> list[Message]:
        """Return messages with ``seq > after`` in order."""
        where = {"conversation_id": conversation_id, "after": after, "limit": limit}
        return [message_of(row) for row in await self._all("messages", where)]

    async def events(self, conversation_id: str, after: int, limit: int) -> list[Event]:
        """Return durable events with ``id > after`` in order."""
        where = {"conversation_id": conversation_id, "after": after, "limit": limit}
        return [event_of(row) for row in await self._all("events", where)]

    async def turn(self, turn_id: str) -> TurnView | None:
        """Return the turn with its journal and effects, or None."""
        where = {"turn_id": turn_id}
        rows = await self._reader.run(
            lambda db: [
                db.execute(SQL[name], where).fetchall()
                for name in ("turn", "steps", "effects")
            ]
        )
        turn, steps, effects = rows
        return turn_view_of(turn[0], steps, effects) if turn else None

    async def reply(self, turn_id: str) -> Reply | None:
        """Return the turn's newest reply, or None while there is none."""
        row = self._reader.row(SQL["reply"], {"turn_id": turn_id})
        return None if row is None else reply_of(*row)

    async def slowest(self, limit: int) -> list[SlowTurn]:
        """Return the slowest open turns, then the slowest that ended."""
        where = {"now_ms": self._clock.now_ms(), "limit": limit}
        names = ("slowest_open", "slowest_ended")
        rows = await self._reader.run(
            lambda db: [row for name in names for row in db.execute(SQL[name], where)]
        )
        return [slow_turn_of(row) for row in rows]

    async def _all(self, name: str, where: Mapping[str, Any]) -> list[Any]:
        return await self._reader.run(
            lambda db: db.execute(SQL[name], where).fetchall()
        )
