"""Reading conversations, turns and events on SQLite."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.domain.conversation import Conversation
from mainstay.domain.event import Event
from mainstay.domain.message import Message
from mainstay.domain.reply import Reply
from mainstay.domain.step import Usage
from mainstay.ports.conversations import TurnView
from mainstay.stores.codec import loads
from mainstay.stores.rows import conversation_of, effect_of, message_of, reply_of
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.statements import load

SQL = load("sqlite", "conversations")


class SqliteConversations:
    """Reads from snapshots; none of them blocks the writer."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

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
        return [_event_of(row) for row in await self._all("events", where)]

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
        return _turn_of(turn[0], steps, effects) if turn else None

    async def reply(self, turn_id: str) -> Reply | None:
        """Return the turn's newest reply, or None while there is none."""
        row = self._reader.row(SQL["reply"], {"turn_id": turn_id})
        return None if row is None else reply_of(*row)

    async def _all(self, name: str, where: Mapping[str, Any]) -> list[Any]:
        return await self._reader.run(
            lambda db: db.execute(SQL[name], where).fetchall()
        )


def _event_of(row: Sequence[Any]) -> Event:
    id_, kind, data, *message = row
    if kind != "message":
        return Event(id_, kind, loads(data))
    m = message_of(message)
    body = {"id": m.id, "seq": m.seq, "role": m.role, "text": m.text}
    body |= {"turn_id": m.turn_id, "fallback_level": m.level, "model": m.model}
    return Event(id_, kind, body | {"created_at_ms": m.created_at_ms})


def _turn_of(
    row: Sequence[Any], steps: Sequence[Any], effects: Sequence[Any]
) -> TurnView:
    (id_, conversation_id, customer_id, state, attempt, accepted, claimed, answered) = (
        row[:8]
    )
    (held, usage, cost_usd, timings, text, model, level) = row[8:]
    reply = None if text is None else reply_of(text, model, level)
    waiting = state in ("pending", "running") and held is not None
    times = {"accepted_ms": accepted, "claimed_ms": claimed, "held_ms": held}
    times["answered_ms"] = answered
    return TurnView(
        id=id_,
        conversation_id=conversation_id,
        customer_id=customer_id,
        state="answered" if waiting and reply is not None else state,
        reply=reply,
        held=waiting,
        steps=[_step_of(step) for step in steps],
        effects=[effect_of(effect) for effect in effects],
        usage=Usage(**loads(usage)) if usage else Usage(),
        cost_usd=cost_usd,
        timings_ms={k: v for k, v in times.items() if v is not None}
        | (loads(timings) if timings else {}),
        attempt=attempt,
    )


def _step_of(row: Sequence[Any]) -> Mapping[str, Any]:
    n, kind, attempt, body, at_ms = row
    return {"n": n, "kind": kind, "attempt": attempt, "at_ms": at_ms} | loads(body)
