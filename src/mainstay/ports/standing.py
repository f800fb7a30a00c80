"""How the store stands: what waits in it for a human, in figures."""

from dataclasses import dataclass
from typing import Protocol

MOST_COUNTED = 10_000
"""Open items that are looked at; with more, the figures tell of that many."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What waits for a human; of the 10,000 oldest open items at most.

    Args:
        escalations: items in the human inbox.
        oldest_age_s: seconds that the oldest of them has waited; 0 when there is none.
        in_doubt: effects of unknown fate in conversations that have an open item.
    """

    escalations: int
    oldest_age_s: float
    in_doubt: int


class Standings(Protocol):
    """Tells how the store stands."""

    async def look(self) -> Standing:
        """Return the figures of now, by the store's clock.

        Raises:
            StoreUnavailable: the store cannot be read.
        """
        ...
