"""Journals what a turn has done and not journaled yet."""

from mainstay.agent.ledger import Ledger
from mainstay.agent.progress import Progress
from mainstay.domain.turn import Claim
from mainstay.ports.journal import Entry, Journal


async def save(
    journal: Journal, claim: Claim, progress: Progress, ledger: Ledger
) -> None:
    """Write the turn's new steps and changes in one commit; none, if there are none.

    Raises:
        LeaseLost: another worker goes on with the turn.
    """
    if progress.unsaved or ledger.unsaved:
        entry = Entry(list(progress.unsaved), changed=list(ledger.unsaved))
        await journal.append(claim, entry)
        progress.saved()
        ledger.saved()
