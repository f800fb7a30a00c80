"""The last minutes of requests: how many failed, how long the slow ones took."""

from collections import deque

from mainstay.ports.clock import Clock

SPAN_S = 300.0
MAX_REQUESTS = 4_096
MIN_REQUESTS = 20
"""With fewer, an error rate says nothing."""


class Window:
    """Remembers the latest requests: 4,096 at most, for 5 minutes at most.

    Args:
        clock: tells their age.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requests: deque[tuple[float, float, bool]] = deque(maxlen=MAX_REQUESTS)

    def add(self, duration_ms: float, *, failed: bool) -> None:
        """Remember one request."""
        self._requests.append((self._clock.monotonic_s(), duration_ms, failed))

    def figures(self) -> tuple[float, float]:
        """Return the error rate in percent and the 99th percentile in milliseconds.

        With fewer than 20 requests the rate is 0.
        """
        since_s = self._clock.monotonic_s() - SPAN_S
        recent = [r for r in self._requests if r[0] >= since_s]
        if not recent:
            return 0.0, 0.0
        times = sorted(r[1] for r in recent)
        p99_ms = times[min(len(times) - 1, int(len(times) * 0.99))]
        failed = sum(r[2] for r in recent)
        rate = 100.0 * failed / len(recent) if len(recent) >= MIN_REQUESTS else 0.0
        return round(rate, 2), round(p99_ms, 2)
