"""Reading conversations, turns and events on PostgreSQL."""

from mainstay.domain.conversation import Conversation
from mainstay.domain.event import Event
from mainstay.domain.message import Message
from mainstay.domain.reply import Reply
from mainstay.ports.conversations import SlowTurn, TurnView
from mainstay.stores.codec import loads
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.rows import (
    conversation_of,
    event_of,
    message_of,
    reply_of,
    slow_turn_of,
    turn_view_of,
)
from mainstay.stores.statements import load

SQL = load("postgres", "conversations")


class PostgresConversations:
    """Reads, each of one moment."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation, or None."""
        row = await self._reader.row(SQL["get"], conversation_id)
        return None if row is None else conversation_of(row)

    async def messages(
        self, conversation_id: str, after: int, limit: int
    ) -> list[Message]:
        """Return messages with ``seq > after`` in order."""
        found = await self._reader.rows(SQL["messages"], conversation_id, after, limit)
        return [message_of(row) for row in found]

    async def events(self, conversation_id: str, after: int, limit: int) -> list[Event]:
        """Return durable events with ``id > after`` in order."""
        found = await self._reader.rows(SQL["events"], conversation_id, after, limit)
        return [event_of(row) for row in found]

    async def turn(self, turn_id: str) -> TurnView | None:
        """Return the turn with its journal and effects, or None."""
        row = await self._reader.row(SQL["turn"], turn_id)
        if row is None:
            return None
        *turn, steps, effects = row
        return turn_view_of(turn, loads(steps), loads(effects))

    async def reply(self, turn_id: str) -> Reply | None:
        """Return the turn's newest reply, or None while there is none."""
        row = await self._reader.row(SQL["reply"], turn_id)
        return None if row is None else reply_of(*row)

    async def slowest(self, limit: int) -> list[SlowTurn]:
        """Return the slowest open turns, then the slowest that ended."""
        found = await self._reader.rows(SQL["slowest_open"], limit)
        found += await self._reader.rows(SQL["slowest_ended"], limit)
        return [slow_turn_of(row) for row in found]
