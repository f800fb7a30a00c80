"""Accept on PostgreSQL: message, turn, events, keys and audit in one commit."""

from mainstay.domain.conversation import Conversation
from mainstay.ports.chance import Ids
from mainstay.ports.inbox import (
    Accepted,
    KeyReused,
    NewConversation,
    NewMessage,
    NoConversation,
)
from mainstay.stores.codec import dumps
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.rows import replay_of
from mainstay.stores.statements import load

SQL = load("postgres", "inbox")


class PostgresInbox:
    """Opens conversations and accepts messages."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids

    async def open(self, new: NewConversation) -> Conversation:
        """Store a new conversation and return it."""
        id_ = self._ids.new("conv")
        row = {"conversation_id": id_, "customer_id": new.customer_id}
        row |= {"channel": new.channel, "metadata": dumps(new.metadata)}
        at_ms: int = await self._writer.run(Piece("open", row, id_))
        return Conversation(
            id_, new.customer_id, new.channel, dict(new.metadata), "ai", 0, at_ms
        )

    async def replay(self, new: NewMessage) -> Accepted | KeyReused | None:
        """Return what ``accept`` would make of a repeated message."""
        if not new.keys:
            return None
        row = await self._reader.row(
            SQL["known"], new.conversation_id, list(new.keys), new.customer_id
        )
        if row is None:
            return None
        key, *told = row
        return replay_of(told, new.digest, key)

    async def accept(self, new: NewMessage) -> Accepted | KeyReused | NoConversation:
        """Store message, turn and audit in one commit."""
        row = {
            "conversation_id": new.conversation_id,
            "customer_id": new.customer_id,
            "text": new.text,
            "keys": new.keys,
            "digest": new.digest,
            "message_id": self._ids.new("msg"),
            "turn_id": self._ids.new("turn"),
        }
        if new.trace is not None:
            row |= {"trace": new.trace.text, "traceparent": new.trace.traceparent}
        told = await self._writer.run(
            Piece("accept", row, new.conversation_id, news=True)
        )
        match told:
            case ["accepted", message_id, seq, turn_id, replayed]:
                return Accepted(message_id, seq, turn_id, replayed)
            case ["key_reused", key]:
                return KeyReused(key)
            case _:
                return NoConversation()
