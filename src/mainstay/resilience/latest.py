"""Counts of the latest calls, however short the time they came in."""

from collections import deque


class Latest:
    """The latest calls' results.

    Args:
        most: how many calls are remembered.
    """

    def __init__(self, most: int) -> None:
        self._results: deque[tuple[bool, bool]] = deque(maxlen=most)
        self.failed = 0
        self.slow = 0

    @property
    def calls(self) -> int:
        """How many are remembered."""
        return len(self._results)

    def add(self, *, failed: bool, slow: bool) -> None:
        """Count a call, and forget the oldest once there are too many."""
        if len(self._results) == self._results.maxlen:
            old_failed, old_slow = self._results[0]
            self.failed -= old_failed
            self.slow -= old_slow
        self._results.append((failed, slow))
        self.failed += failed
        self.slow += slow
