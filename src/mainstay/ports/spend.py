"""What was spent on models, as operators see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mainstay.domain.spend import Amount


@dataclass(frozen=True, slots=True)
class DaySpend:
    """One UTC day.

    Args:
        day: as ``YYYY-MM-DD``.
        total: by everybody.
        customers: who spent most, in falling order of US dollars, then tokens.
    """

    day: str
    total: Amount
    customers: Mapping[str, Amount]


class Spend(Protocol):
    """Reads the sums that the ends of attempts add to."""

    async def today(self, limit: int) -> DaySpend:
        """Return this UTC day by the store's clock, ``limit`` customers at most."""
        ...
