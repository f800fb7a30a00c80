"""Chance that can be foretold."""

from itertools import cycle
from random import Random as Generator  # noqa: TID251 - repeats itself for its seed


class SeededRandom:
    """Chance that is the same in every run.

    Args:
        seed: which run.
    """

    def __init__(self, seed: int = 0) -> None:
        self._generator = Generator(seed)  # noqa: S311 - no secret comes of it

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return self._generator.uniform(low, high)


class ScriptedRandom:
    """Chance as the test says: ``ScriptedRandom(0, 0.5, 1)`` is low, middle, high, low.

    Args:
        shares: places between low (0) and high (1), used in turn, over and over.

    Raises:
        ValueError: no share, or one outside 0 to 1.
    """

    def __init__(self, *shares: float) -> None:
        if not shares or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"shares are one or more numbers from 0 to 1: {shares}")
        self._shares = cycle(shares)

    def uniform(self, low: float, high: float) -> float:
        """Return the next place between ``low`` and ``high``."""
        return low + next(self._shares) * (high - low)
