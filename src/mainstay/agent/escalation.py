"""Why a human should look at a turn that ends."""

from mainstay.agent.ladder import Landed
from mainstay.agent.ledger import Ledger
from mainstay.ports.journal import DOUBT


def why_look(
    asked_for: str | None, landed: Landed, ledger: Ledger
) -> tuple[str | None, bool]:
    """Return the cause, or None, and whether one item is enough for many turns.

    Args:
        asked_for: why a human takes over, or None.
        landed: where the ladder ended.
        ledger: the turn's effects.
    """
    # One whose fate is known to be unknown was escalated when that was written.
    doubt = DOUBT if ledger.of_turn("intended") else None
    if landed.limit is None or asked_for is not None:
        return asked_for or landed.escalate or doubt, False
    # A turn's doubt is its own: no other turn's item stands for it.
    return (f"{landed.escalate}; {doubt}", False) if doubt else (landed.escalate, True)
