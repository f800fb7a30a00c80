"""Reading conversations, turns and events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mainstay.domain.conversation import Conversation
from mainstay.domain.effect import Effect
from mainstay.domain.event import Event
from mainstay.domain.message import Message
from mainstay.domain.reply import Level, Reply
from mainstay.domain.step import Usage
from mainstay.domain.turn import TurnState


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn as its reader sees it.

    Args:
        id: the turn.
        conversation_id: where.
        customer_id: whose.
        state: where it stands; ``answered`` as soon as a reply of any level is out.
        reply: the newest reply, or None.
        held: whether the newest reply is the watchdog's holding reply.
        steps: the journal as JSON objects ``{"n", "kind", "attempt", "at_ms", …}``.
        effects: the ledger's rows of the turn.
        usage: tokens.
        cost_usd: US dollars.
        timings_ms: named times: accepted_ms, claimed_ms, answered_ms (Unix) and
            durations that the worker noted.
        attempt: how often it was claimed.
    """

    id: str
    conversation_id: str
    customer_id: str
    state: TurnState
    reply: Reply | None
    held: bool
    steps: Sequence[Mapping[str, Any]]
    effects: Sequence[Effect]
    usage: Usage
    cost_usd: float
    timings_ms: Mapping[str, float]
    attempt: int


@dataclass(frozen=True, slots=True)
class SlowTurn:
    """A turn whose customer waits, or waited, longer than others.

    Args:
        turn_id: the turn.
        conversation_id: where.
        state: where it stands.
        attempt: how often it was claimed.
        held: whether its holding reply went out.
        level: of its newest reply, or None while there is none.
        accepted_at_ms: Unix time in milliseconds.
        waited_ms: from then to its end, or to now.
    """

    turn_id: str
    conversation_id: str
    state: TurnState
    attempt: int
    held: bool
    level: Level | None
    accepted_at_ms: int
    waited_ms: int


class Conversations(Protocol):
    """Reads; none of them blocks a writer."""

    async def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation, or None."""
        ...

    async def messages(
        self, conversation_id: str, after: int, limit: int
    ) -> list[Message]:
        """Return messages with ``seq > after`` in order, ``limit`` at most."""
        ...

    async def events(self, conversation_id: str, after: int, limit: int) -> list[Event]:
        """Return durable events with ``id > after`` in order, ``limit`` at most."""
        ...

    async def turn(self, turn_id: str) -> TurnView | None:
        """Return the turn, or None."""
        ...

    async def reply(self, turn_id: str) -> Reply | None:
        """Return the turn's newest reply, or None while there is none."""
        ...

    async def slowest(self, limit: int) -> list[SlowTurn]:
        """Return the slowest open turns, then the slowest that ended; each ``limit``.

        Open ones without any reply are all looked at, held ones among 10,000 open
        turns; ended ones of the last 5 minutes among the 2,000 newest turns.
        """
        ...
