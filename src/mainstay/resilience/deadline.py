"""One absolute deadline, set at accept and carried along."""

from dataclasses import dataclass

from mainstay.ports.clock import Clock

RESERVE_S = 1.5
"""Kept back from every attempt, to commit what was found."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time.

    Args:
        at_ms: Unix time in milliseconds.
        clock: tells how far away it is.
    """

    at_ms: int
    clock: Clock

    def remaining_s(self) -> float:
        """Return seconds until the deadline, 0 when it has passed."""
        return max(0.0, (self.at_ms - self.clock.now_ms()) / 1000)

    def attempt_timeout_s(self, limit_s: float, reserve_s: float = RESERVE_S) -> float:
        """Return seconds for one attempt: the limit, or what is left."""
        return max(0.0, min(limit_s, self.remaining_s() - reserve_s))

    def allows(self, needed_s: float) -> bool:
        """Tell whether at least ``needed_s`` seconds are left."""
        return self.remaining_s() >= needed_s
