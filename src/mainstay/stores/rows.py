"""Rows of the store as the words of the domain."""

from collections.abc import Sequence
from typing import Any

from mainstay.domain.conversation import Conversation
from mainstay.domain.effect import Effect
from mainstay.domain.message import Message
from mainstay.domain.reply import Level, Reply
from mainstay.stores.codec import loads


def conversation_of(row: Sequence[Any]) -> Conversation:
    """Read id, customer_id, channel, metadata, owner, owner_epoch, created_at_ms."""
    id_, customer, channel, metadata, owner, epoch, created = row[:7]
    return Conversation(id_, customer, channel, loads(metadata), owner, epoch, created)


def message_of(row: Sequence[Any]) -> Message:
    """Columns: id, seq, role, text, turn_id, level, model, created_at_ms."""
    return Message(*row)


def effect_of(row: Sequence[Any]) -> Effect:
    """Columns: key, tool, args, state, result, statement, turn_id, unique_key."""
    key, tool, args, state, result, statement, turn_id, unique_key = row
    data = None if result is None else loads(result)
    return Effect(key, tool, loads(args), state, data, statement, turn_id, unique_key)


def reply_of(text: str, model: str, level: Level) -> Reply:
    """Return the reply an agent's message is."""
    return Reply(text, model, level == 0, level)
