"""When anybody could have been served at all."""

from collections.abc import Sequence

GRACE_S = 3.0
"""After a time without a store or a process: a writer waits up to 2 s for a store that
is away, a watchdog looks every 0.5 s, and its commit takes a little."""


class Availability:
    """Keeps the times in which the store was away or no process ran.

    Attributes:
        gaps: begin and end, in seconds, one after the other.
    """

    def __init__(self) -> None:
        self.gaps: list[tuple[float, float]] = []
        self._since_s: float | None = 0.0

    def note(self, now_s: float, *, is_served: bool) -> None:
        """Take what is so from now on."""
        if is_served and self._since_s is not None:
            self.gaps.append((self._since_s, now_s))
            self._since_s = None
        elif not is_served and self._since_s is None:
            self._since_s = now_s

    def waited_s(self, from_s: float, to_s: float) -> float:
        """Return the seconds between two moments that count as waiting."""
        gaps = list(self.gaps)
        if self._since_s is not None:
            gaps.append((self._since_s, to_s))
        return (to_s - from_s) - _covered_s(gaps, from_s, to_s)


def _covered_s(
    gaps: Sequence[tuple[float, float]], from_s: float, to_s: float
) -> float:
    """Return the seconds in between that belong to a gap or its grace."""
    covered_s, at_s = 0.0, from_s
    for began_s, ended_s in gaps:
        begin_s, end_s = max(at_s, began_s), min(to_s, ended_s + GRACE_S)
        if end_s > begin_s:
            covered_s += end_s - begin_s
            at_s = end_s
    return covered_s
