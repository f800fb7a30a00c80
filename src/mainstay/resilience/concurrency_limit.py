"""How many calls at once another side bears, found out by its time to first text.

Small steps up and deep cuts, as in TCP (Jacobson, 1988), where a cut is as deep as the
times have grown, as in a gradient, and is taken back when it did not help.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mainstay.ports.clock import Clock
from mainstay.resilience.call_window import CallWindow
from mainstay.resilience.concurrency_options import DEFAULTS, ConcurrencyOptions

__all__ = ["Cause", "ConcurrencyLimit", "ConcurrencyOptions", "Slot"]

Cause = Literal["slow", "overloaded", "in_vain", "growing", "unused"]
"""Why a limit moved; ``in_vain``: a cut brought nothing and was taken back."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A cut whose use is still to be seen.

    Args:
        before: the limit before it.
        median_s: the median time to first text that led to it.
        left: the share of the calls that it left.
    """

    before: float
    median_s: float
    left: float

    def helped(self, median_s: float) -> bool:
        """Tell whether times fell by at least half of what calls were cut by."""
        return median_s <= self.median_s * (1 + self.left) / 2


class ConcurrencyLimit:
    """Counts calls at once, and moves their limit by how the calls go.

    It starts at its ceiling. It never awaits: on one event loop, no two callers see the
    same free place. Not for use from several threads. Memory is constant.

    Args:
        clock: monotonic time.
        options: its bounds.
        on_change: is told each new limit and why; must not raise.
    """

    def __init__(
        self,
        clock: Clock,
        options: ConcurrencyOptions = DEFAULTS,
        *,
        on_change: Callable[[int, Cause], None],
    ) -> None:
        self._clock = clock
        self._options = options
        self._on_change = on_change
        self._limit = float(options.most)
        self._cut_at = self._limit
        self._usual_s = options.quick_s / options.tolerance
        self._trial: _Trial | None = None
        self._in_flight = 0
        self._new = 0
        now_s = clock.monotonic_s()
        self._used_s = now_s
        self._generation = 0
        self._window = CallWindow(now_s)

    @property
    def limit(self) -> int:
        """Calls at once that it allows now."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """Calls that it admitted and that have not ended."""
        return self._in_flight

    def has_room(self, *, underway: bool) -> bool:
        """Tell whether a call may start; new work never has the reserve."""
        if self._in_flight + 1 > self._limit:
            return False
        return underway or self._new + 1 <= self._limit * (1 - self._options.reserve)

    def admit(self, *, underway: bool) -> "Slot | None":
        """Count a call in, or return None; report its end to the slot."""
        if self._limit < self._options.most:
            self._note_use()
        if not self.has_room(underway=underway):
            return None
        self._in_flight += 1
        self._new += not underway
        self._window.admitted(self._in_flight)
        return Slot(self, self._generation, underway=underway)

    def leave(self, *, underway: bool) -> None:
        """Count a call out; for slots only."""
        self._in_flight -= 1
        self._new -= not underway

    def note(self, generation: int, first_text_s: float | None) -> None:
        """Take when a call spoke, None if it was turned away; for slots only."""
        if generation != self._generation:
            return  # it began before the last cut, and says nothing of the time after
        window = self._window
        if first_text_s is None:
            window.turned_away()
        else:
            window.spoke(first_text_s)
        now_s = self._clock.monotonic_s()
        options = self._options
        if window.is_full(now_s, options.window_s, options.min_samples):
            self._window = CallWindow(now_s)
            self._window.admitted(self._in_flight)
            self._judge(window)

    def _judge(self, window: CallWindow) -> None:
        trial, self._trial = self._trial, None
        used = min(float(window.peak), self._limit)
        if window.overloads >= window.ends * self._options.overload_share:
            self._cut(used, self._options.overload_cut, "overloaded")
        elif not self._was_in_vain(trial, median_s := window.median_s()):
            self._weigh(used, median_s)

    def _was_in_vain(self, trial: _Trial | None, median_s: float) -> bool:
        """Take a cut back that did not help: then the load is not what makes it slow.

        Times that no customer can be left with are the exception.
        """
        if trial is None or median_s > self._options.slow_s or trial.helped(median_s):
            return False
        self._usual_s = median_s
        self._generation += 1
        self._move(max(trial.before, self._limit), "in_vain")
        return True

    def _weigh(self, used: float, median_s: float) -> None:
        options = self._options
        self._usual_s = min(self._usual_s, median_s)
        grown_s = max(options.quick_s, self._usual_s * options.tolerance)
        bearable_s = min(options.slow_s, grown_s)
        if median_s > bearable_s:
            left = bearable_s / options.tolerance / median_s
            left = min(options.cut_least, max(options.cut_most, left))
            before = self._limit
            if self._cut(used, left, "slow"):
                self._trial = _Trial(before, median_s, left)
        elif used >= self._limit / 2:
            self._grow()

    def _cut(self, used: float, left: float, cause: Cause) -> bool:
        """Leave a share of the calls that there were at once; few are left alone."""
        if used <= self._options.least:
            return False
        self._cut_at = used
        self._used_s = self._clock.monotonic_s()
        self._generation += 1
        self._move(max(float(self._options.least), used * left), cause)
        return True

    def _grow(self) -> None:
        known = self._limit < self._cut_at
        share = self._options.growth if known else self._options.regain
        self._move(self._limit * (1 + share), "growing")

    def _note_use(self) -> None:
        """Start anew when nobody has needed the limit for long: it is out of date."""
        now_s = self._clock.monotonic_s()
        if self._in_flight >= self._limit / 2:
            self._used_s = now_s
        elif now_s - self._used_s >= self._options.forget_s:
            self._trial = None
            self._move(float(self._options.most), "unused")

    def _move(self, to: float, cause: Cause) -> None:
        before = self.limit
        self._limit = min(float(self._options.most), to)
        if self.limit != before:
            self._on_change(self.limit, cause)


class Slot:
    """One admitted call; its first report counts, later ones are ignored.

    Args:
        limit: who admitted it.
        generation: cuts there had been, and cuts taken back.
        underway: whether it may have the reserve.
    """

    __slots__ = ("_generation", "_limit", "_underway")

    def __init__(
        self, limit: ConcurrencyLimit, generation: int, *, underway: bool
    ) -> None:
        self._limit: ConcurrencyLimit | None = limit
        self._generation = generation
        self._underway = underway

    def ended(self, first_text_s: float | None) -> None:
        """It ended; its time to first text in seconds, None if it had no text."""
        limit = self._left()
        if limit is not None and first_text_s is not None:
            limit.note(self._generation, first_text_s)

    def overloaded(self) -> None:
        """It was turned away: there are too many calls."""
        limit = self._left()
        if limit is not None:
            limit.note(self._generation, None)

    def neutral(self) -> None:
        """It tells nothing: cancelled, never made, or failed for another reason."""
        self._left()

    def _left(self) -> ConcurrencyLimit | None:
        limit, self._limit = self._limit, None
        if limit is not None:
            limit.leave(underway=self._underway)
        return limit
