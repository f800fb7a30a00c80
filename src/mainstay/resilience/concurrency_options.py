"""How far a limit on calls at once moves, and by what."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrencyOptions:
    """The bounds of a concurrency limit, checked at construction.

    Args:
        most: calls at once that it starts with, and its ceiling.
        least: calls at once that it always allows; with fewer it never moves.
        reserve: share of the limit that only calls of work under way may take.
        window_s: the shortest time that is judged as a whole, in seconds.
        min_samples: calls that spoke, or were turned away, for a judgement.
        quick_s: a median time to first text up to this is never too long.
        slow_s: one above this always is, in seconds.
        tolerance: how many times its usual time to first text may grow before the load
            is thought to be the cause.
        overload_share: share of calls turned away as too many that cuts it, 0 to 1.
        overload_cut: what is left of it then, 0 to 1.
        cut_most: what a cut for slowness leaves at least, 0 to 1.
        cut_least: and at most: less of a cut would not show whether it helped.
        growth: share that it grows by a window, up to where it was cut last.
        regain: share that it grows by a window beyond that.
        forget_s: seconds without use after which it starts anew.
        wait_s: the longest that a call waits for room, in seconds.
        wait_share: calls that wait at once, as a share of the limit.
        leave_s: seconds of the attempt that a wait leaves, for a lower level.

    Raises:
        ValueError: a bound is out of its range; each such bound is named.
    """

    most: int = 320
    least: int = 20
    reserve: float = 0.2
    window_s: float = 1.0
    min_samples: int = 20
    quick_s: float = 2.0
    slow_s: float = 4.0
    tolerance: float = 1.5
    overload_share: float = 0.1
    overload_cut: float = 0.7
    cut_most: float = 0.5
    cut_least: float = 0.8
    growth: float = 0.05
    regain: float = 0.2
    forget_s: float = 60.0
    wait_s: float = 2.0
    wait_share: float = 0.5
    leave_s: float = 8.0

    def __post_init__(self) -> None:
        faults = [*self._range_faults(), *self._order_faults(), *self._share_faults()]
        if faults:
            raise ValueError("; ".join(faults))

    def _range_faults(self) -> Iterator[str]:
        for name in ("least", "min_samples"):
            if getattr(self, name) < 1:
                yield f"{name} must be 1 or more"
        for name in ("window_s", "quick_s", "forget_s", "wait_s"):
            if not getattr(self, name) > 0:
                yield f"{name} must be greater than 0"
        if not self.tolerance > 1:
            yield "tolerance must be greater than 1"
        if self.leave_s < 0:
            yield "leave_s must be 0 or more"

    def _order_faults(self) -> Iterator[str]:
        for low, high in (
            ("least", "most"),
            ("quick_s", "slow_s"),
            ("cut_most", "cut_least"),
        ):
            if getattr(self, high) < getattr(self, low):
                yield f"{high} must be {low} or more"

    def _share_faults(self) -> Iterator[str]:
        for name in ("overload_share", "growth", "regain", "wait_share"):
            if not 0 < getattr(self, name) <= 1:
                yield f"{name} must be over 0 and at most 1"
        for name in ("overload_cut", "cut_most", "cut_least"):
            if not 0 < getattr(self, name) < 1:
                yield f"{name} must be over 0 and under 1"
        if not 0 <= self.reserve < 1:
            yield "reserve must be 0 or more and under 1"


DEFAULTS = ConcurrencyOptions()
