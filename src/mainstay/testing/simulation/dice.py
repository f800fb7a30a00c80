"""Chance of a simulated world: each part has its own dice, all from one seed."""

from collections.abc import Sequence
from random import Random as Generator  # noqa: TID251 - repeats itself for its seed
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Chance that is the same for the same seed and part; implements ``ports.Random``.

    Args:
        seed: of the world.
        part: whose dice: what one part draws changes nothing for another.
    """

    def __init__(self, seed: int, part: str) -> None:
        self._generator = Generator(f"{seed}/{part}")  # noqa: S311 - no secret comes of it

    def uniform(self, low: float, high: float) -> float:
        """Return a number between ``low`` and ``high``."""
        return self._generator.uniform(low, high)

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return self._generator.randint(low, high)

    def happens(self, share: float) -> bool:
        """Return True in ``share`` of all cases, 0 to 1."""
        return self._generator.random() < share

    def one_of(self, *things: T) -> T:
        """Return one of the things, each as likely."""
        return self._generator.choice(things)

    def some_of(self, things: Sequence[T], count: int) -> list[T]:
        """Return so many different ones, in any order."""
        return self._generator.sample(list(things), min(count, len(things)))
