"""A conversation's older messages as the cache keeps them, and when they are believed.

Messages are only ever added, so that what was read once stays true; the store's answer
to the same turn tells whether it is what was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from mainstay.domain.message import Message, Role
from mainstay.domain.reply import Level
from mainstay.ports.cache import MAX_CONTEXT_BYTES
from mainstay.ports.journal import Record

VERSION = 1

_Row = tuple[str, int, Role, str, str | None, Level | None, str | None, int]


class _Packed(msgspec.Struct, array_like=True, frozen=True):
    version: int
    conversation_id: str
    customer_id: str
    messages: list[_Row]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)


@dataclass(frozen=True, slots=True)
class Context:
    """What was read of a conversation once.

    Args:
        conversation_id: whose messages.
        customer_id: whose conversation.
        messages: one or more, with consecutive numbers.
    """

    conversation_id: str
    customer_id: str
    messages: Sequence[Message]

    @property
    def last_seq(self) -> int:
        """The number of the newest message."""
        return self.messages[-1].seq


def packed(record: Record) -> bytes | None:
    """Return what to keep of a record; None when that is nothing, or too much."""
    said = record.messages
    if not said or sum(len(m.text) for m in said) > MAX_CONTEXT_BYTES:
        return None
    rows: list[_Row] = [
        (m.id, m.seq, m.role, m.text, m.turn_id, m.level, m.model, m.created_at_ms)
        for m in said
    ]
    talk = record.conversation
    return _encoder.encode(_Packed(VERSION, talk.id, talk.customer_id, rows))


def unpacked(data: bytes) -> Context | None:
    """Return what ``packed`` was given; None for anything that it did not make."""
    try:
        kept = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    messages = [Message(*row) for row in kept.messages]
    if kept.version != VERSION or not messages or not _are_consecutive(messages):
        return None
    return Context(kept.conversation_id, kept.customer_id, messages)


def joined(context: Context, fresh: Record, most: int) -> Record | None:
    """Return the whole record; None on any doubt that the context belongs to it.

    The newest message of the context must be the oldest of the fresh ones, word for
    word. Its id is given once, so that whatever came before it came before it there.

    Args:
        context: what was kept.
        fresh: what the store says, from the context's newest message on.
        most: messages that the whole record has at most.
    """
    new = fresh.messages
    if len(new) >= most:
        return fresh
    if not (_is_of(context, fresh) and new and new[0] == context.messages[-1]):
        return None
    last_seq = fresh.earlier_messages + len(new)
    first_seq = max(1, last_seq - most + 1)
    skipped = first_seq - context.messages[0].seq
    if skipped < 0 or new[-1].seq != last_seq or not _are_consecutive(new):
        return None
    messages = [*context.messages[skipped:-1], *new]
    return replace(fresh, messages=messages, earlier_messages=last_seq - len(messages))


def _is_of(context: Context, record: Record) -> bool:
    talk = record.conversation
    return (context.conversation_id, context.customer_id) == (talk.id, talk.customer_id)


def _are_consecutive(messages: Sequence[Message]) -> bool:
    first = messages[0].seq
    return first >= 1 and all(m.seq == first + n for n, m in enumerate(messages))
