"""One inbound or outbound text with its place in the conversation."""

from dataclasses import dataclass
from typing import Literal

from mainstay.domain.reply import Level

Role = Literal["customer", "agent", "human"]


@dataclass(frozen=True, slots=True)
class Message:
    """A durable message.

    Args:
        id: its identity.
        seq: its place in the conversation; starts at 1, no gaps.
        role: who wrote it.
        text: what was written.
        turn_id: the turn it belongs to; None for a human's message.
        level: how an agent's message was made; None for people.
        model: which model made an agent's message; None for people.
        created_at_ms: Unix time in milliseconds by the store's clock.
    """

    id: str
    seq: int
    role: Role
    text: str
    turn_id: str | None
    level: Level | None
    model: str | None
    created_at_ms: int
