"""Instants in nanoseconds, in the order in which they happened."""

from mainstay.ports.clock import Clock

MAX_DRIFT_NS = 20_000_000
"""How far from the clock an instant may be before it is set anew."""


class Instants:
    """The clock's time, as fine as its durations are.

    The clock tells milliseconds, in which a tool call may begin and end. So the time is
    taken once, and what has passed since is added: spans of one process are in order.

    Args:
        clock: both times.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._zero_ns = 0

    def now_ns(self) -> int:
        """Return nanoseconds since 1970."""
        passed_ns = int(self._clock.monotonic_s() * 1_000_000_000)
        told_ns = self._clock.now_ms() * 1_000_000
        if abs(self._zero_ns + passed_ns - told_ns) > MAX_DRIFT_NS:
            self._zero_ns = told_ns - passed_ns
        return self._zero_ns + passed_ns
