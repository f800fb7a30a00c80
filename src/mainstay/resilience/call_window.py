"""The calls of a moment, in constant memory: how many at once, how soon they spoke."""

MAX_SAMPLES = 128


class CallWindow:
    """Calls as they start and end, until there are enough to judge by.

    Args:
        began_s: monotonic time.
    """

    __slots__ = ("_times_s", "began_s", "ends", "overloads", "peak")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.peak = 0
        self.ends = 0
        self.overloads = 0
        self._times_s: list[float] = []

    def admitted(self, in_flight: int) -> None:
        """Note how many calls there are at once."""
        self.peak = max(self.peak, in_flight)

    def spoke(self, first_text_s: float) -> None:
        """Note a call's time to first text; the newest 128 are kept."""
        if len(self._times_s) < MAX_SAMPLES:
            self._times_s.append(first_text_s)
        else:
            self._times_s[self.ends % MAX_SAMPLES] = first_text_s
        self.ends += 1

    def turned_away(self) -> None:
        """Note a call that met too many others."""
        self.ends += 1
        self.overloads += 1

    def is_full(self, now_s: float, min_s: float, min_samples: int) -> bool:
        """Tell whether it may be judged: about one end for each call at once."""
        needed = max(min_samples, min(self.peak, MAX_SAMPLES))
        return self.ends >= needed and now_s - self.began_s >= min_s

    def median_s(self) -> float:
        """Return the median time to first text; there must be one."""
        return sorted(self._times_s)[len(self._times_s) // 2]
