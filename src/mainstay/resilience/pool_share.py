"""A process's share of a model pool: slices that it has leased and uses up."""

from typing import Literal

from mainstay.domain.pool import NOTHING, Amounts, PoolState
from mainstay.ports.clock import Clock
from mainstay.ports.pools import FLOOR, WINDOW_S, PoolLease, PoolReport

FIGURES = range(3)

LOW = 0.2
"""Below this share left, turns of low priority have the fallback model."""

SLICE_S = 1.0
"""A slice is what the process uses in this time."""

MORE = 1.25
"""What a slice has beyond that, so that it seldom ends before its time."""

DRY_S = 0.25
"""A pool that had nothing to lease is not asked again for so long at most."""

Level = Literal["ample", "low", "short", "blocked"]


class PoolShare:
    """What this process may use of a pool without asking, and how full the pool is.

    It never awaits: on one event loop nothing is used twice. Not for several threads.

    Its allowance is what it has leased and not used. A call takes its estimate out and,
    once it is over, puts back or takes what it used less or more; so all that the
    buckets have given out is either used or still here.

    Args:
        name: the pool.
        clock: monotonic time.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._allowed = [0, 0, 0]
        self._taken = [0, 0, 0]
        self._rate = [0.0, 0.0, 0.0]
        self._waiting = [0, 0, 0]
        self._reported_s = self._told_s = clock.monotonic_s()
        self._lease = PoolLease(NOTHING, NOTHING, NOTHING)
        self._seen: PoolState | None = None
        self._seen_s = 0.0
        self._blocked_until_s = 0.0
        self._dry_until_s = 0.0
        self._line_until_s = 0.0
        self._ramp_s: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether anybody was told a limit; else nothing is limited."""
        return any(self._lease.limit)

    @property
    def is_dry(self) -> bool:
        """Whether asking for more would be in vain just now."""
        return self._clock.monotonic_s() < self._dry_until_s

    @property
    def blocked_s(self) -> float:
        """Seconds for which nobody may use the pool; 0.0 when it is not blocked."""
        return max(0.0, self._blocked_until_s - self._clock.monotonic_s())

    @property
    def left(self) -> tuple[float, float, float]:
        """The share of each limit that is left; 1.0 where there is none."""
        refilled = (self._clock.monotonic_s() - self._told_s) / WINDOW_S
        a, b, c = (
            max(0.0, min(1.0, left / limit + refilled)) if limit else 1.0
            for left, limit in zip(self._lease.left, self._lease.limit, strict=True)
        )
        return a, b, c

    @property
    def level(self) -> Level:
        """How the pool stands."""
        if self.blocked_s > 0:
            return "blocked"
        least = min(self.left)
        return "ample" if least >= LOW else "low" if least > FLOOR else "short"

    @property
    def line_s(self) -> float:
        """Seconds until those who were told to wait have had their turn."""
        return max(0.0, self._line_until_s - self._clock.monotonic_s())

    def fits(self, amounts: Amounts) -> Amounts:
        """Return the amounts, none above half of its limit: more could never be had.

        Where each process has a part of the limit, none above half of that.
        """
        limit, halves = self._lease.limit, 2 * self._lease.parts
        if all(halves * amounts[n] <= limit[n] for n in FIGURES):
            return amounts
        most = (limit[n] // halves or amounts[n] for n in FIGURES)
        return Amounts(*map(min, amounts, most))

    def take(self, need: Amounts) -> bool:
        """Take what a call needs out of the allowance, if it is all there."""
        allowed, limit = self._allowed, self._lease.limit
        for n in FIGURES:
            if need[n] > allowed[n] and limit[n]:
                return False
        for n in FIGURES:
            allowed[n] -= need[n]
            self._taken[n] += need[n]
        return True

    def settle(self, taken: Amounts, used: Amounts) -> None:
        """Put back what a call did not use, or take what it used beyond."""
        for n in FIGURES:
            self._allowed[n] += taken[n] - used[n]
            self._taken[n] += used[n] - taken[n]

    def see(self, state: PoolState) -> bool:
        """Note what the provider says; return whether it is the first news of it."""
        self._seen, self._seen_s = state, self._clock.monotonic_s()
        return not self.is_known

    def block(self, for_s: float, *, ramps: bool = False) -> None:
        """Keep from the pool; ``ramps``: and come back slowly."""
        until_s = self._clock.monotonic_s() + for_s
        self._blocked_until_s = max(self._blocked_until_s, until_s)
        if ramps:
            self._ramp_s = self._blocked_until_s

    def wait(self, need: Amounts, within_s: float, sharers: int) -> float | None:
        """Return the seconds after which a call has its turn, behind those in the line.

        Args:
            need: what it needs.
            within_s: seconds that it can wait; when it cannot wait for its turn it
                gets None, and no place in the line.
            sharers: processes that draw on the pool.
        """
        now_s = self._clock.monotonic_s()
        first_s = max(self._line_until_s, now_s + self._lease.wait_s, now_s)
        served_s = max(
            need[n] * WINDOW_S * sharers / limit if limit else 0.0
            for n, limit in enumerate(self._lease.limit)
        )
        if first_s + served_s - now_s > within_s:
            return None
        self._line_until_s = first_s + served_s
        return first_s - now_s

    def want(self, need: Amounts, sign: int) -> None:
        """Note that a call waits for a slice (1), or does so no longer (-1)."""
        for n in FIGURES:
            self._waiting[n] += sign * need[n]

    def report(self, need: Amounts = NOTHING) -> PoolReport:
        """Return what to tell and to ask for; ``told`` or ``missed`` comes next."""
        now_s = self._clock.monotonic_s()
        self._measure(now_s)
        charge, lack, hand, want = ([0, 0, 0] for _ in range(4))
        for n in FIGURES:
            calls = max(self._waiting[n], need[n])
            slice_ = max(calls, round(self._rate[n] * SLICE_S * MORE))
            # A debt is charged, a surplus given back.
            charge[n] = -min(0, self._allowed[n]) - max(0, self._allowed[n] - slice_)
            self._allowed[n] += charge[n]
            lack[n] = max(0, need[n] - self._allowed[n])
            hand[n] = max(0, calls - self._allowed[n])
            want[n] = slice_ - self._allowed[n]
        return PoolReport(
            Amounts(*charge),
            Amounts(*lack),
            Amounts(*hand),
            Amounts(*want),
            self._seen,
            now_s - self._seen_s,
            None if self._ramp_s is None else max(0.0, self._ramp_s - now_s),
        )

    def told(self, report: PoolReport, lease: PoolLease) -> None:
        """Take what was leased upon a report."""
        now_s = self._clock.monotonic_s()
        for n in FIGURES:
            self._allowed[n] += lease.granted[n]
        if self._seen is report.seen:
            self._seen = None
        if self.is_known and not any(lease.limit):
            self._remind()
        else:
            self._lease, self._told_s = lease, now_s
        if report.ramp_in_s is not None:
            self._ramp_s = None
        self._blocked_until_s = max(self._blocked_until_s, now_s + lease.blocked_s)
        self._dry_until_s = now_s + min(lease.wait_s, DRY_S)
        if self.level == "ample":
            self._line_until_s = now_s

    def _remind(self) -> None:
        """Tell a cache that has lost all it knew what it said of the pool last."""
        if self._seen is None:
            self._seen = PoolState(self._lease.limit, self._lease.left)
            self._seen_s = self._told_s

    def missed(self, report: PoolReport) -> None:
        """Take a report back that nobody answered."""
        for n in FIGURES:
            self._allowed[n] -= report.charge[n]

    def _measure(self, now_s: float) -> None:
        """Follow what is used a second: at once when it grows, slowly when it falls."""
        passed_s = now_s - self._reported_s
        if passed_s < SLICE_S / 2:
            return
        for n in FIGURES:
            rate = max(0.0, self._taken[n] / passed_s)
            self._rate[n] = max(rate, (rate + self._rate[n]) / 2)
            self._taken[n] = 0
        self._reported_s = now_s
