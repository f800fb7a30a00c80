"""Durable events: what a conversation's stream replays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

EventKind = Literal["message", "turn", "owner"]


@dataclass(frozen=True, slots=True)
class Event:
    """One durable event of a conversation.

    Args:
        id: allocated in the transaction that wrote it; rises by 1 in a conversation.
        kind: ``message``, ``turn`` or ``owner``.
        data: JSON data of the event.
    """

    id: int
    kind: EventKind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a reply while it is written; never stored.

    Args:
        conversation_id: whose stream.
        turn_id: the turn that writes.
        attempt: counts every new start of the text within a turn; a higher one
            makes the text so far void (``reset``).
        n: the piece's number, from 0.
        text: the piece; empty in a reset.
    """

    conversation_id: str
    turn_id: str
    attempt: int
    n: int
    text: str
