"""What the watchdog needs of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.effect import Effect
from mainstay.domain.reply import Reply
from mainstay.domain.turn import Turn


@dataclass(frozen=True, slots=True)
class Overdue:
    """A turn that nobody answered in time.

    Args:
        turn: the turn.
        effects: what it did so far.
    """

    turn: Turn
    effects: Sequence[Effect]


class Watch(Protocol):
    """Finds overdue turns and holds them."""

    async def overdue(self, limit: int) -> list[Overdue]:
        """Return unheld open turns past ``answer_by``, oldest first."""
        ...

    async def hold(self, turn: Turn, reply: Reply) -> bool:
        """Commit the holding reply if the turn is still open and unheld.

        Returns whether it was written; exactly one caller in the world sees True. It
        escalates and leaves turn and lease as they are.
        """
        ...

    async def forget(self) -> None:
        """Drop idempotency keys past their time, and what was spent before yesterday.

        A bounded number of each at once.
        """
        ...

    async def forget_answers(self) -> int:
        """Drop earlier answers past their time, or too many, a bounded number at once.

        Returns how many; 0 when none is left to drop.
        """
        ...

    async def doubt_abandoned(self) -> int:
        """Mark effects ``unknown`` whose worker is gone and whose turn a human has.

        Nobody will resume such a turn, so nobody else would ever say what became of
        its call; each is escalated. Returns how many.
        """
        ...
