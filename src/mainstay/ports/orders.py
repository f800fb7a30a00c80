"""Orders of drills, through the store: every process of a deployment looks there."""

from collections.abc import Sequence
from typing import Protocol

from mainstay.domain.order import Order, OrderKind, Standing


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

    async def lift(self, kind: OrderKind) -> None:
        """End an order; nothing happens when none holds."""
        ...

    async def standing(self) -> Sequence[Standing]:
        """Return the orders that hold now."""
        ...
