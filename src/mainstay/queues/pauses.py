"""Pauses between attempts to reach a broker."""

from mainstay.ports.chance import Random

FIRST_S = 0.1
LONGEST_S = 1.0


class Pauses:
    """Doubles from 0.1 s to 1 s with every failure in a row, jittered.

    Args:
        random: for the jitter.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0

    def next_s(self) -> float:
        """Count a failure and return seconds to wait after it."""
        pause_s = min(LONGEST_S, FIRST_S * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        return self._random.uniform(pause_s / 2, pause_s)

    def reset(self) -> None:
        """Forget the failures."""
        self._failures = 0
