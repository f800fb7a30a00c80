"""Why a human should look at a turn that ends."""

from dataclasses import dataclass

from mainstay.agent.ladder import Landed
from mainstay.agent.ledger import Ledger
from mainstay.ports.journal import DOUBT
from mainstay.ports.turn_events import Cause


@dataclass(frozen=True, slots=True)
class Look:
    """Whether a human should look.

    Args:
        why: in words, or None.
        cause: the kind of it; says nothing without ``why``.
        once: whether one item is enough for many turns.
    """

    why: str | None
    cause: Cause
    once: bool = False


def why_look(asked_for: str | None, landed: Landed, ledger: Ledger) -> Look:
    """Return whether a human should look at a turn that ends.

    Args:
        asked_for: why a human takes over, or None.
        landed: where the ladder ended.
        ledger: the turn's effects.
    """
    # One whose fate is known to be unknown was escalated when that was written.
    doubt = DOUBT if ledger.of_turn("intended") else None
    if asked_for is not None:
        return Look(asked_for, "handoff")
    if landed.limit is None:
        cause = landed.cause if landed.escalate else "doubt"
        return Look(landed.escalate or doubt, cause)
    if doubt is None:
        return Look(landed.escalate, "limit", once=True)
    # A turn's doubt is its own: no other turn's item stands for it.
    return Look(f"{landed.escalate}; {doubt}", "limit")
