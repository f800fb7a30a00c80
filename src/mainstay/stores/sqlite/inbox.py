"""Accept on SQLite: message, turn, events, keys and audit in one commit."""

from collections.abc import Mapping
from typing import Any

from mainstay.domain.conversation import Conversation
from mainstay.domain.turn import ANSWER_BY_MS
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.ports.inbox import (
    Accepted,
    KeyReused,
    NewConversation,
    NewMessage,
    NoConversation,
)
from mainstay.stores.codec import dumps
from mainstay.stores.rows import replay_of
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "inbox")

REMEMBER_MS = 24 * 3_600_000
"""How long an idempotency key is remembered."""

Outcome = Accepted | KeyReused | NoConversation


class SqliteInbox:
    """Opens conversations and accepts messages."""

    def __init__(self, writer: Writer, reader: Reader, ids: Ids, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._ids = ids
        self._clock = clock

    async def open(self, new: NewConversation) -> Conversation:
        """Store a new conversation and return it."""
        return await self._writer.run(lambda unit: self._open(unit, new))

    async def accept(self, new: NewMessage) -> Outcome:
        """Store message, turn and audit in one commit."""
        return await self._writer.run(lambda unit: self._accept(unit, new))

    async def replay(self, new: NewMessage) -> Accepted | KeyReused | None:
        """Return what ``accept`` would make of a repeated message."""
        where = {
            "conversation_id": new.conversation_id,
            "customer_id": new.customer_id,
            "since_ms": self._clock.now_ms() - REMEMBER_MS,
        }
        for key in new.keys:
            row = self._reader.row(SQL["known"], where | {"key": key})
            if row is not None:
                return replay_of(row, new.digest, key)
        return None

    def _open(self, unit: Unit, new: NewConversation) -> Conversation:
        id_ = self._ids.new("conv")
        row = {"id": id_, "customer_id": new.customer_id, "channel": new.channel}
        row |= {"metadata": dumps(new.metadata), "now_ms": unit.now_ms}
        unit.execute(SQL["open_conversation"], row)
        unit.audit(f"customer:{new.customer_id}", "conversation.opened", id_)
        return Conversation(
            id_, new.customer_id, new.channel, dict(new.metadata), "ai", 0, unit.now_ms
        )

    def _accept(self, unit: Unit, new: NewMessage) -> Outcome:
        where = {"conversation_id": new.conversation_id}
        to = unit.row(SQL["addressee"], where)
        if to is None or new.customer_id not in (None, to[0]):
            return NoConversation()
        for key in new.keys:
            before = _replay(unit, new, key)
            if before is not None:
                return before
        accepted = self._store(unit, new, owner=to[1])
        unit.audit(f"customer:{to[0]}", "message.accepted", accepted.message_id)
        return accepted

    def _store(self, unit: Unit, new: NewMessage, owner: str) -> Accepted:
        seq, event = unit.row(
            SQL["number_message"],
            {
                "conversation_id": new.conversation_id,
                "events": 2,
                "now_ms": unit.now_ms,
            },
        )
        row: dict[str, Any] = {
            "conversation_id": new.conversation_id,
            "message_id": self._ids.new("msg"),
            "seq": seq,
            "text": new.text,
            "now_ms": unit.now_ms,
            "trace": new.trace and new.trace.text,
            "traceparent": new.trace and new.trace.traceparent,
        }
        turn_id, state = self._turn(unit, row, owner)
        row["turn_id"] = turn_id
        unit.execute(
            SQL["add_message"], row | {"role": "customer", "level": None, "model": None}
        )
        add_event(unit, new.conversation_id, event - 1, "message", seq=seq)
        add_event(
            unit,
            new.conversation_id,
            event,
            "turn",
            {"turn_id": turn_id, "state": state},
        )
        for key in new.keys:
            unit.execute(SQL["remember"], row | {"key": key, "digest": new.digest})
        unit.touched.add(new.conversation_id)
        return Accepted(row["message_id"], seq, turn_id, replayed=False)

    def _turn(self, unit: Unit, row: Mapping[str, Any], owner: str) -> tuple[str, str]:
        """Join the waiting turn or open the next one; return its id and state."""
        if owner == "human":
            return open_turn(
                unit, row, self._ids.new("turn"), "handed_off"
            ), "handed_off"
        joined = unit.row(SQL["join_turn"], row)
        if joined is not None:
            return joined[0], "pending"
        return open_turn(unit, row, self._ids.new("turn"), "pending"), "pending"


def open_turn(
    unit: Unit,
    row: Mapping[str, Any],
    turn_id: str,
    state: str,
    *,
    first_seq: int | None = None,
    approval_id: str | None = None,
) -> str:
    """Open a turn for messages up to ``row["seq"]`` and return its id.

    Args:
        unit: the transaction.
        row: conversation_id, seq and trace.
        turn_id: its id.
        state: its first state.
        first_seq: the first message it answers; the last one when None.
        approval_id: the decision it carries out, or None.
    """
    unit.execute(
        SQL["add_turn"],
        {
            "turn_id": turn_id,
            "conversation_id": row["conversation_id"],
            "first_seq": row["seq"] if first_seq is None else first_seq,
            "seq": row["seq"],
            "state": state,
            "now_ms": unit.now_ms,
            "answer_by_ms": unit.now_ms + ANSWER_BY_MS,
            "approval_id": approval_id,
            "trace": row["trace"],
        },
    )
    return turn_id


def add_event(
    unit: Unit,
    conversation_id: str,
    event: int,
    kind: str,
    data: Mapping[str, Any] | None = None,
    *,
    seq: int | None = None,
) -> None:
    """Write a durable event under a number that this transaction took."""
    unit.execute(
        SQL["add_event"],
        {
            "conversation_id": conversation_id,
            "event": event,
            "kind": kind,
            "seq": seq,
            "data": None if data is None else dumps(data),
        },
    )


def _replay(unit: Unit, new: NewMessage, key: str) -> Accepted | KeyReused | None:
    row = unit.row(
        SQL["replay"],
        {
            "conversation_id": new.conversation_id,
            "key": key,
            "since_ms": unit.now_ms - REMEMBER_MS,
        },
    )
    if row is None:
        return None
    return replay_of(row, new.digest, key)
