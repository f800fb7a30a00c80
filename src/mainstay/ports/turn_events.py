"""Events of turns: taken up again, lost, given to humans, and what they did."""

from dataclasses import dataclass
from typing import Literal

from mainstay.domain.effect import EffectState

Cause = Literal["no_model", "refused", "limit", "doubt", "dead", "overdue", "handoff"]
"""Why a human should look: no model answered; a model or its API refused; a spend limit
was reached; an effect is in doubt; the turn died; the watchdog had to answer; a human
takes over."""


@dataclass(slots=True)
class TurnResumed:
    """A turn was claimed whose last attempt ended without a word: its worker died.

    Args:
        attempt: how often it was claimed by now.
    """

    turn_id: str
    attempt: int


@dataclass(slots=True)
class LeaseGone:
    """A worker lost the lease of a turn that it worked on, and stopped."""

    turn_id: str


@dataclass(slots=True)
class EffectChanged:
    """An effect's state is written in the ledger.

    Args:
        turn_id: the turn that it is of.
        tool: the tool; ``other`` where only their number is known.
        state: its new state.
        count: how many.
    """

    turn_id: str
    tool: str
    state: EffectState
    count: int = 1


@dataclass(slots=True)
class Escalated:
    """An item for the human inbox was written, or one for the same was open already.

    Args:
        turn_id: the turn; "" where only their number is known.
        cause: why a human should look.
        count: how many.
    """

    turn_id: str
    cause: Cause
    count: int = 1


@dataclass(slots=True)
class HandedOff:
    """A human owns a conversation from now on.

    Args:
        conversation_id: the conversation.
        cause: ``tool``: a tool asked for it; ``customer``: the customer did; ``limit``:
            a spend limit left no other way; ``operator``: a human took it.
    """

    conversation_id: str
    cause: Literal["tool", "customer", "limit", "operator"]
