"""The phases of a circuit breaker; each entry into one is a new object.

A call belongs to the phase that admitted it, so a result of an older generation is
told by identity.
"""

from dataclasses import dataclass
from typing import Literal

from mainstay.resilience.breaker_options import BreakerOptions
from mainstay.resilience.latest import Latest
from mainstay.resilience.window import Window

State = Literal["closed", "open", "half_open"]
Result = Literal["quick", "slow", "failed", "neutral"]

_ROUNDING = 1e-9
"""Ten times 0.1 is a little less than 1."""


class Closed:
    """Calls pass, at first a share of them if it ramps; results are counted.

    Args:
        options: the limits.
        ramp_from_s: monotonic time at which the ramp began, None for no ramp.
    """

    def __init__(self, options: BreakerOptions, ramp_from_s: float | None) -> None:
        self._options = options
        self._ramp_from_s = ramp_from_s
        self._window = Window(options.window_s)
        self._latest = Latest(options.latest_calls)
        # The first call of a ramp passes; then a call passes each time 1 is saved up.
        self._saved = 1.0
        self.failures = 0

    def admits(self, now_s: float) -> bool:
        """Tell whether the next call may pass."""
        share = self._share(now_s)
        if share < 1:
            self._saved += share
            if self._saved < 1 - _ROUNDING:
                return False
            self._saved -= 1
        return True

    def is_steady(self, now_s: float) -> bool:
        """Tell whether the ramp, if there was one, is over."""
        return self._share(now_s) >= 1

    def note(self, result: Result, now_s: float) -> State | None:
        """Count a result; return the state it leads to, None to stay."""
        if result == "neutral":
            return None
        failed = result == "failed"
        self.failures = self.failures + 1 if failed else 0
        slow = result == "slow"
        self._window.add(now_s, failed=failed, slow=slow)
        self._latest.add(failed=failed, slow=slow)
        return "open" if self._is_bad() else None

    def _is_bad(self) -> bool:
        """Judge the window; when it is busy, also what came latest.

        At 100 calls a second, what just broke is outweighed by a minute's successes.
        """
        window, options = self._window, self._options
        if window.calls < options.min_calls:
            return self.failures >= options.failures_in_a_row
        busy = window.calls >= options.latest_calls
        return self._exceeds(window) or (busy and self._exceeds(self._latest))

    def _exceeds(self, counts: Window | Latest) -> bool:
        options = self._options
        return (
            counts.failed >= counts.calls * options.failed_share
            or counts.slow >= counts.calls * options.slow_share
        )

    def _share(self, now_s: float) -> float:
        if self._ramp_from_s is None:
            return 1.0
        ramp = self._options.ramp
        done = (now_s - self._ramp_from_s) / self._options.ramp_s
        step = int(done * len(ramp))
        if step < len(ramp):
            return ramp[step]
        self._ramp_from_s = None
        return 1.0


@dataclass(slots=True, eq=False)
class Open:
    """No call passes until the time is over, but for a canary now and then.

    Args:
        until_s: monotonic time at which trials may begin.
        ramps: whether closing afterwards begins with a share of the calls.
        canaries: whether any pass; none where the other side said to stay away.
        refused: calls since the last one.
    """

    until_s: float
    ramps: bool
    canaries: bool = False
    refused: int = 0

    def sends_canary(self, every: int) -> bool:
        """Tell whether the next call passes: one in ``every``."""
        self.refused += 1
        if not self.canaries or self.refused < every:
            return False
        self.refused = 0
        return True


@dataclass(slots=True, eq=False)
class Held:
    """An operator keeps it open or closed; no result counts.

    Args:
        state: as what.
        until_s: monotonic time at which it is left to itself again.
    """

    state: Literal["open", "closed"]
    until_s: float


class HalfOpen:
    """A few trials decide.

    Args:
        options: the limits.
        ramps: whether closing afterwards begins with a share of the calls.
    """

    def __init__(self, options: BreakerOptions, *, ramps: bool) -> None:
        self._options = options
        self.ramps = ramps
        self._in_flight = 0
        self._quick = 0
        self._slow = 0
        self._admitted_s = 0.0

    def admits(self, now_s: float) -> bool:
        """Tell whether the next call may pass as a trial."""
        if self._in_flight >= self._options.probes:
            return False
        self._in_flight += 1
        self._admitted_s = now_s
        return True

    def is_stuck(self, now_s: float) -> bool:
        """Tell whether every trial is out for so long that none will report."""
        full = self._in_flight >= self._options.probes
        return full and now_s - self._admitted_s >= self._options.probe_lost_s

    def note(self, result: Result) -> State | None:
        """Take a trial's result; return the state it leads to, None to stay.

        One failure opens again. Slow successes open again when there are as many as
        quick ones would have closed, so one slow answer alone decides nothing.
        """
        self._in_flight -= 1
        self._quick += result == "quick"
        self._slow += result == "slow"
        if result == "failed" or self._slow >= self._options.successes:
            return "open"
        return "closed" if self._quick >= self._options.successes else None


Phase = Closed | Open | HalfOpen | Held
