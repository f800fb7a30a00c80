"""When a circuit breaker opens, for how long, and how it closes again."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerOptions:
    """A breaker's limits, checked at construction.

    Args:
        failures_in_a_row: open it while fewer than ``min_calls`` are in the window.
        window_s: seconds that a result counts.
        min_calls: from so many results on, shares decide instead.
        latest_calls: with more in the window, the shares of the latest so many open it
            too: what just broke is not outweighed by a busy minute.
        failed_share: share of failed calls that opens it, 0 to 1.
        slow_share: share of slow successes that opens it, 0 to 1.
        open_s: seconds it stays open the first time; doubles each time it opens
            again before it has recovered.
        open_max_s: the longest ``open_s`` grows to.
        jitter: share by which an open time varies up and down, 0 to 1, so that many
            processes do not try again at one moment.
        canary_every: of so many calls that an open one refuses, one passes; when it
            works, trials begin before the open time is over. A busy breaker so finds
            out soon, and one that is not costs nobody a try.
        probes: trial calls in flight at once, in all processes together.
        successes: quick successes among them, wherever, that close it.
        probe_lost_s: seconds after which trials that never reported are given up.
        ramp: shares of calls admitted after closing, one after the other.
        ramp_s: seconds that the whole ramp takes.

    Raises:
        ValueError: a limit is out of its range; each such limit is named.
    """

    failures_in_a_row: int = 5
    window_s: float = 60.0
    min_calls: int = 20
    latest_calls: int = 100
    failed_share: float = 0.5
    slow_share: float = 0.8
    open_s: float = 60.0
    open_max_s: float = 300.0
    jitter: float = 0.2
    canary_every: int = 100
    probes: int = 3
    successes: int = 3
    probe_lost_s: float = 30.0
    ramp: tuple[float, ...] = (0.10, 0.25, 0.50)
    ramp_s: float = 30.0

    def __post_init__(self) -> None:
        if faults := [*self._count_faults(), *self._share_faults()]:
            raise ValueError("; ".join(faults))

    def _count_faults(self) -> Iterator[str]:
        for name in (
            *("failures_in_a_row", "min_calls", "latest_calls"),
            *("canary_every", "probes", "successes"),
        ):
            if getattr(self, name) < 1:
                yield f"{name} must be 1 or more"
        for name in ("window_s", "open_s", "probe_lost_s", "ramp_s"):
            if not getattr(self, name) > 0:
                yield f"{name} must be greater than 0"
        if self.open_max_s < self.open_s:
            yield "open_max_s must be open_s or more"

    def _share_faults(self) -> Iterator[str]:
        for name in ("failed_share", "slow_share"):
            if not 0 < getattr(self, name) <= 1:
                yield f"{name} must be over 0 and at most 1"
        if not 0 <= self.jitter < 1:
            yield "jitter must be 0 or more and under 1"
        if not all(0 < share <= 1 for share in self.ramp):
            yield "each share of ramp must be over 0 and at most 1"


DEFAULTS = BreakerOptions()
