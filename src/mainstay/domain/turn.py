"""A turn: one or several customer messages, one reply."""

from dataclasses import dataclass
from typing import Literal

TurnState = Literal[
    "pending", "running", "waiting_approval", "answered", "handed_off", "dead"
]

OPEN_STATES: tuple[TurnState, ...] = ("pending", "running")

ANSWER_BY_MS = 28_000
"""The watchdog answers this long after accept."""

LADDER_MS = 26_000
"""The ladder's deadline, counted from accept (or from a held turn's new attempt)."""

HELD_RETRY_FOR_MS = 3_600_000
"""A held turn is tried for this long after its holding reply, then it is dead."""

MAX_STRIKES = 5
"""Attempts that may end in a crash before the turn is dead."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One unit of agent work as claimed.

    Args:
        id: its identity.
        conversation_id: whose turn.
        first_seq: the first customer message it answers.
        last_seq: the last one.
        state: where it stands.
        attempt: how often it was claimed, this claim included; starts at 1.
        strikes: attempts, this one included, that did not end in an orderly way.
        accepted_at_ms: when its first message was accepted.
        answer_by_ms: when the watchdog answers instead.
        held_at_ms: when the watchdog sent the holding reply, or None.
        approval_id: the decided approval this turn carries out, or None.
        claimed_at_ms: when it was first claimed, or None.
        trace: the places in traces of the messages that it answers, a line each
            (``domain.turn_trace``), or None.
    """

    id: str
    conversation_id: str
    first_seq: int
    last_seq: int
    state: TurnState
    attempt: int
    strikes: int
    accepted_at_ms: int
    answer_by_ms: int
    held_at_ms: int | None = None
    approval_id: str | None = None
    claimed_at_ms: int | None = None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's fenced, expiring right to work on a conversation.

    Args:
        conversation_id: the conversation.
        owner: the process that holds it.
        lease_epoch: raised by every claim; fences every write of the turn.
        owner_epoch: raised by every change of owner; fences the reply.
    """

    conversation_id: str
    owner: str
    lease_epoch: int
    owner_epoch: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease together with the turn it was won for."""

    lease: Lease
    turn: Turn
