"""What the API answers with; the OpenAPI schema is made from these."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mainstay.domain.conversation import Conversation, Owner
from mainstay.domain.message import Message, Role
from mainstay.domain.moment import timestamp
from mainstay.domain.reply import Level, Reply
from mainstay.domain.step import Usage
from mainstay.domain.turn import TurnState

Timestamp = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class ConversationView(msgspec.Struct, frozen=True):
    """A conversation."""

    id: str
    customer_id: str
    channel: str
    metadata: Mapping[str, str]
    owner: Owner
    created_at: Timestamp

    @classmethod
    def of(cls, conversation: Conversation) -> "ConversationView":
        """Return the view of a conversation."""
        return cls(
            conversation.id,
            conversation.customer_id,
            conversation.channel,
            conversation.metadata,
            conversation.owner,
            timestamp(conversation.created_at_ms),
        )


class MessageView(msgspec.Struct, frozen=True):
    """A message; ``seq`` is its place in the conversation, from 1."""

    id: str
    seq: int
    role: Role
    text: str
    turn_id: str | None
    fallback_level: Level | None
    model: str | None
    created_at: Timestamp

    @classmethod
    def of(cls, message: Message) -> "MessageView":
        """Return the view of a message."""
        return cls(
            message.id,
            message.seq,
            message.role,
            message.text,
            message.turn_id,
            message.level,
            message.model,
            timestamp(message.created_at_ms),
        )


class MessagesView(msgspec.Struct, frozen=True):
    """A page of messages; ``next`` is the ``after`` of the next page, or null."""

    messages: Sequence[MessageView]
    next: int | None


class ReplyView(msgspec.Struct, frozen=True):
    """A reply and how it was made."""

    response: str
    model: str
    tools_enabled: bool
    fallback_level: Level

    @classmethod
    def of(cls, reply: Reply) -> "ReplyView":
        """Return the view of a reply."""
        return cls(
            reply.response, reply.model, reply.tools_enabled, reply.fallback_level
        )


class LinksView(msgspec.Struct, frozen=True):
    """Where to go on reading."""

    turn: str
    messages: str
    events: str


class AcceptedView(msgspec.Struct, frozen=True):
    """An accepted message: it is on disk and will be answered."""

    message_id: str
    turn_id: str
    status: Literal["queued"]
    links: LinksView


class AnsweredView(msgspec.Struct, frozen=True):
    """An accepted message together with its reply."""

    message_id: str
    turn_id: str
    status: Literal["answered"]
    links: LinksView
    reply: ReplyView


class EffectView(msgspec.Struct, frozen=True):
    """What a tool changed."""

    tool: str
    state: Literal["intended", "committed", "failed", "unknown"]
    key: str
    args: Mapping[str, Any]
    result: Any
    statement: str


class UsageView(msgspec.Struct, frozen=True):
    """Tokens of a turn."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int

    @classmethod
    def of(cls, usage: Usage) -> "UsageView":
        """Return the view of a usage."""
        return cls(
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
        )


class TurnDetails(msgspec.Struct, frozen=True):
    """A turn; a customer token sees its ids, state and reply only."""

    id: str
    conversation_id: str
    state: TurnState
    reply: ReplyView | None
    held: bool | UnsetType = UNSET
    attempt: int | UnsetType = UNSET
    steps: Sequence[Mapping[str, Any]] | UnsetType = UNSET
    effects: Sequence[EffectView] | UnsetType = UNSET
    usage: UsageView | UnsetType = UNSET
    cost_usd: float | UnsetType = UNSET
    timings: Mapping[str, float] | UnsetType = UNSET
