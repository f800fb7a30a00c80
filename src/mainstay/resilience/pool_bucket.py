"""A model pool's three buckets, leased in slices: GCRA with a floor and a ramp.

Each bucket is the generic cell rate algorithm (ITU-T I.371, annex A), counted from its
last change. ``caches/redis/lua/lease.lua`` does the same sums on Redis' clock.
"""

from mainstay.domain.pool import Amounts
from mainstay.ports.pools import (
    AMPLE,
    AMPLE_PART,
    FLOOR,
    RAMP_S,
    SCARCE_PART,
    WINDOW_S,
    PoolLease,
    PoolReport,
)

FIGURES = range(3)


class PoolBucket:
    """Grants slices of a pool; what nobody was told a limit of is not limited.

    It never awaits. Not for use from several threads.
    """

    __slots__ = ("_at_s", "_limit", "_ramp_s", "_used")

    def __init__(self) -> None:
        self._at_s = 0.0
        self._ramp_s = -2 * RAMP_S
        self._limit = [0, 0, 0]
        self._used = [0.0, 0.0, 0.0]

    def adopt(self, lease: PoolLease, now_s: float) -> None:
        """Go on from what another bucket said of the same pool."""
        self._at_s = now_s
        self._limit = list(lease.limit)
        self._used = [float(lease.limit[n] - lease.left[n]) for n in FIGURES]

    def lease(
        self, report: PoolReport, now_s: float, blocked_s: float = 0.0
    ) -> PoolLease:
        """Take a report and grant what it asks for, if it can be had.

        Args:
            report: of one process.
            now_s: monotonic; never less than at the call before.
            blocked_s: seconds for which nothing is granted.
        """
        self._refill(now_s)
        self._clamp(report)
        for n in FIGURES:
            used = self._used[n] + report.charge[n]
            self._used[n] = min(max(0.0, used), 2.0 * self._limit[n])
        if report.ramp_in_s is not None:
            self._ramp(now_s + report.ramp_in_s)
        wait_s = max(blocked_s, *(self._wait_s(n, report.need[n]) for n in FIGURES))
        granted = [0, 0, 0]
        if wait_s <= 0:
            granted = [self._slice(n, report) for n in FIGURES]
            self._used = [self._used[n] + granted[n] for n in FIGURES]
        left = (int(self._limit[n] - self._used[n]) for n in FIGURES)
        limit = Amounts(*self._limit)
        return PoolLease(Amounts(*granted), limit, Amounts(*left), wait_s, blocked_s)

    def _refill(self, now_s: float) -> None:
        passed_s = _ramped_s(now_s - self._ramp_s) - _ramped_s(
            self._at_s - self._ramp_s
        )
        self._at_s = now_s
        for n in FIGURES:
            refill = passed_s * self._limit[n] / WINDOW_S
            self._used[n] = max(0.0, self._used[n] - refill)

    def _clamp(self, report: PoolReport) -> None:
        """Believe the provider where it has counted more."""
        if report.seen is None:
            return
        for n in FIGURES:
            limit = report.seen.limit[n]
            if limit > 0:
                used = limit - report.seen.left[n]
                used -= report.seen_age_s * limit / WINDOW_S
                self._limit[n] = limit
                self._used[n] = max(self._used[n], used)

    def _ramp(self, from_s: float) -> None:
        """Begin with an empty bucket that fills slowly at first."""
        self._ramp_s = max(self._ramp_s, from_s)
        for n in FIGURES:
            self._used[n] = max(self._used[n], self._limit[n] * (1 - FLOOR))

    def _free(self, n: int) -> float:
        return self._limit[n] * (1 - FLOOR) - self._used[n]

    def _wait_s(self, n: int, need: int) -> float:
        """Return the seconds until the need can be met."""
        limit = self._limit[n]
        if limit == 0 or need == 0:
            return 0.0
        return max(0.0, need - self._free(n)) * WINDOW_S / limit

    def _slice(self, n: int, report: PoolReport) -> int:
        need, limit = report.need[n], self._limit[n]
        hand = max(need, report.hand[n])
        want = max(hand, report.want[n])
        if limit == 0:
            return want
        ample = limit - self._used[n] >= AMPLE * limit
        part = AMPLE_PART if ample else SCARCE_PART
        hand = int(min(hand, max(need, self._free(n))))
        spare = max(0.0, self._free(n) - hand)
        return hand + int(min(want - hand, spare / part))


def _ramped_s(since_s: float) -> float:
    """Return the seconds' worth of full refill since a ramp began."""
    if since_s <= 0:
        return 0.0
    if since_s < RAMP_S:
        return since_s * since_s / (2 * RAMP_S)
    return since_s - RAMP_S / 2
