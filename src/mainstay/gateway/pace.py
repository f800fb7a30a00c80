"""How often a listener looks into the store while a reply is being written."""

from mainstay.ports.clock import Clock

LOOK_GAP_S = 0.05


class Pace:
    """Decides whether a wake is worth a look into the store.

    A wake without deltas is news, and looked at at once. A wake with deltas may hide
    news; as there are dozens a second, those looks come at most every 50 ms, and one
    that was put off is made up for.

    Args:
        clock: measures the gaps.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_s = 0.0
        self._owed = False
        self.due = False

    def looked(self) -> None:
        """Note that the store was read."""
        self._last_s = self._clock.monotonic_s()
        self._owed = False
        self.due = False

    def woken(self, *, with_deltas: bool) -> None:
        """Take a wake into account."""
        gap_s = self._clock.monotonic_s() - self._last_s
        self._owed = True
        self.due = not with_deltas or gap_s >= LOOK_GAP_S

    def timed_out(self) -> bool:
        """Look, because a look was put off or, as news can get lost, was long ago.

        Returns:
            Whether nothing at all was heard since the last look.
        """
        self.due = True
        return not self._owed

    def wait_s(self, longest_s: float) -> float:
        """Return how long to wait for the next wake, in seconds."""
        if not self._owed:
            return longest_s
        gap_s = self._clock.monotonic_s() - self._last_s
        return min(longest_s, max(LOOK_GAP_S - gap_s, 0.001))
