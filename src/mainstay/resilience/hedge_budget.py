"""How many calls may be made a second time before the first one has ended."""

CALLS_A_HEDGE = 20
"""Calls that earn one hedge: 5% of traffic."""

SAVED = 5
"""Hedges that may be saved up."""


class HedgeBudget:
    """The process's bucket: starts empty, so hedges never exceed 5% of its calls."""

    def __init__(self) -> None:
        self._earned = 0

    def earn(self) -> None:
        """Count one call."""
        self._fill(1)

    def spend(self) -> bool:
        """Take one hedge; False when there is none."""
        if self._earned < CALLS_A_HEDGE:
            return False
        self._earned -= CALLS_A_HEDGE
        return True

    def give_back(self) -> None:
        """Put a hedge back that was not sent."""
        self._fill(CALLS_A_HEDGE)

    def _fill(self, calls: int) -> None:
        # Whole numbers: 0.05 a call would be rounded each time.
        self._earned = min(SAVED * CALLS_A_HEDGE, self._earned + calls)
