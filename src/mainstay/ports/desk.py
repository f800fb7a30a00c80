"""What the human side does to a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from mainstay.domain.message import Message
from mainstay.ports.journal import Approval


@dataclass(frozen=True, slots=True)
class Escalation:
    """An item in the human inbox.

    Args:
        id: its identity.
        conversation_id: where.
        turn_id: the turn it came from, or None.
        cause: why a human should look.
        created_at_ms: Unix time in milliseconds.
    """

    id: str
    conversation_id: str
    turn_id: str | None
    cause: str
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class DeadTurn:
    """A turn that was given up; it has its level 4 reply.

    Args:
        turn_id: its identity.
        conversation_id: where.
        attempt: how often it was claimed.
        strikes: how many attempts ended without a word.
        accepted_at_ms: Unix time in milliseconds, as all below.
        died_at_ms: when it was given up.
        held_at_ms: when its holding reply went out, or None.
    """

    turn_id: str
    conversation_id: str
    attempt: int
    strikes: int
    accepted_at_ms: int
    died_at_ms: int | None
    held_at_ms: int | None


class Desk(Protocol):
    """Changes of owner, each raising ``owner_epoch``, and words of humans."""

    async def take_over(self, conversation_id: str, actor: str, reason: str) -> bool:
        """Give the conversation to a human; from its commit on no AI reply commits.

        Open turns become ``handed_off``. Returns False when a human owns it already.

        Raises:
            NotFound: no such conversation.
        """
        ...

    async def hand_back(self, conversation_id: str, actor: str) -> bool:
        """Give it back to the AI; customer messages no human answered become a turn.

        Returns False when the AI owns it already.

        Raises:
            NotFound: no such conversation.
        """
        ...

    async def reply(self, conversation_id: str, actor: str, text: str) -> Message:
        """Store a human's message.

        Raises:
            NotFound: no such conversation.
            Conflict: the AI owns the conversation; take it over first.
        """
        ...

    async def approvals(self) -> Sequence[Approval]:
        """Return the calls that wait for a decision, oldest first, 100 at most."""
        ...

    async def decide(
        self, approval_id: str, actor: str, decision: Literal["approve", "deny"]
    ) -> Approval:
        """Decide once; opens the turn that carries the decision out.

        Raises:
            NotFound: no such approval.
            Conflict: it was decided before.
        """
        ...

    async def escalations(self) -> Sequence[Escalation]:
        """Return what waits in the human inbox, oldest first, 100 at most."""
        ...

    async def redrive(self, turn_ids: Sequence[str] | None, actor: str) -> int:
        """Give dead turns (all when None) new attempts; return how many."""
        ...

    async def dead(self) -> Sequence[DeadTurn]:
        """Return dead turns, newest first, 100 at most."""
        ...
