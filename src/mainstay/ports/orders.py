"""Orders of drills, through the store: every process of a deployment looks there."""

from collections.abc import Sequence
from typing import Protocol

from mainstay.domain.order import Order, Standing


class Orders(Protocol):
    """One order of a kind at a time; each ends by itself, by the store's clock.

    Who gives an order says it again while it is to hold, so that it ends when he dies.
    """

    async def hold(self, order: Order, for_s: float) -> None:
        """Let an order hold for so many seconds from now, in place of one of its kind.

        Raises:
            ValueError: that is longer than ``MAX_HELD_S``.
        """
        ...

    async def take(self, order: Order, for_s: float) -> bool:
        """Do the same, unless one of its kind holds that has another target.

        Return whether it holds now. Of two who take at once one is told no.

        Raises:
            ValueError: that is longer than ``MAX_HELD_S``.
        """
        ...

    async def lift(self, order: Order) -> None:
        """End an order; nothing happens when none of its kind and target holds."""
        ...

    async def standing(self) -> Sequence[Standing]:
        """Return the orders that hold now."""
        ...
