"""Counts of the recent past in constant memory."""

from collections import deque
from dataclasses import dataclass

SLOTS = 60


@dataclass(slots=True)
class _Slot:
    number: int
    calls: int = 0
    failed: int = 0
    slow: int = 0


class Window:
    """Calls of the last ``span_s`` seconds, kept as 60 sums rather than as calls.

    The oldest sixtieth is forgotten as a whole: the window is between 59/60 and 60/60
    of its span.

    Args:
        span_s: seconds that a call counts.
    """

    def __init__(self, span_s: float) -> None:
        self._width_s = span_s / SLOTS
        self._slots: deque[_Slot] = deque()
        self.calls = 0
        self.failed = 0
        self.slow = 0

    def add(self, now_s: float, *, failed: bool, slow: bool) -> None:
        """Count a call at monotonic time ``now_s``, and forget what is too old."""
        number = int(now_s / self._width_s)
        self._forget(number - SLOTS)
        if not self._slots or self._slots[-1].number != number:
            self._slots.append(_Slot(number))
        slot = self._slots[-1]
        slot.calls += 1
        slot.failed += failed
        slot.slow += slow
        self.calls += 1
        self.failed += failed
        self.slow += slow

    def _forget(self, last: int) -> None:
        while self._slots and self._slots[0].number <= last:
            old = self._slots.popleft()
            self.calls -= old.calls
            self.failed -= old.failed
            self.slow -= old.slow
