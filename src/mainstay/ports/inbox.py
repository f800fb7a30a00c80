"""The inbox: where a message becomes durable."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.conversation import Conversation
from mainstay.domain.trace import Trace


@dataclass(frozen=True, slots=True)
class NewConversation:
    """A conversation to open.

    Args:
        customer_id: whose; bound from credentials.
        channel: where it comes from.
        metadata: the host's own string pairs.
    """

    customer_id: str
    channel: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A customer message to accept.

    Args:
        conversation_id: where it goes.
        customer_id: the writer bound from the credentials; None when an API key acts
            for whoever owns the conversation.
        text: what the customer wrote.
        keys: idempotency keys, each ``"key:…"`` or ``"client:…"``; may be empty.
        digest: fingerprint of the body; the same key with another one is a conflict.
        trace: the place of the wake that follows, which the turn keeps, or None.
    """

    conversation_id: str
    customer_id: str | None
    text: str
    keys: tuple[str, ...]
    digest: str
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message is on disk and will be answered.

    Args:
        message_id: the message.
        seq: its place in the conversation.
        turn_id: the turn that answers it.
        replayed: whether an idempotency key brought back an earlier accept.
    """

    message_id: str
    seq: int
    turn_id: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class KeyReused:
    """An idempotency key came with another body; nothing was stored."""

    key: str


@dataclass(frozen=True, slots=True)
class NoConversation:
    """There is no such conversation for this caller; nothing was stored."""


class Inbox(Protocol):
    """Opens conversations and accepts messages; what it returned is on disk."""

    async def open(self, new: NewConversation) -> Conversation:
        """Store a new conversation and return it.

        Raises:
            StoreUnavailable: nothing was stored.
        """
        ...

    async def replay(self, new: NewMessage) -> Accepted | KeyReused | None:
        """Return what ``accept`` would make of a repeated message; None of a new one.

        It reads only, and waits for no writer: for when new messages are turned away.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        ...

    async def accept(self, new: NewMessage) -> Accepted | KeyReused | NoConversation:
        """Store message, turn and audit in one commit.

        The message joins the conversation's waiting turn when that was never claimed
        and got no holding reply; otherwise it opens the next turn. While a human owns
        the conversation, its turn is ``handed_off`` at once.

        Raises:
            StoreUnavailable: nothing was stored.
        """
        ...
