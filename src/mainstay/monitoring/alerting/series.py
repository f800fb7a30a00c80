"""One series: as many of its samples as rules look back on, and no more.

A window of up to an hour is kept sample by sample. A longer one is kept in 240 steps:
of each step what its function needs, so that three days take the memory of an hour. The
newest step always ends with the newest sample, the first sample of all is a step of its
own, and a counter's resets are kept apart, each with what it had counted: nothing is
lost between two steps.
"""

import math
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from mainstay.monitoring.alerting.expression import Kind, Labels

LOOKBACK_S = 300.0
"""How old the newest sample may be; Prometheus's own default."""

EXACT_S = 3600.0
STEPS = 240
MAX_RESETS = 1000
SPARE = 16
"""Samples that are too old are dropped so many at a time."""


@dataclass(frozen=True, slots=True)
class Window:
    """The samples of some seconds, oldest first.

    Args:
        times: Unix time in seconds.
        values: of each time, or of the step that ends then.
        weights: how many samples each value stands for; empty where it is one.
        lost: what a counter had counted when it was reset in these seconds.
        edge_s: seconds before the first time in which there may be more samples, of
            the same step, that are not among these.
    """

    times: "array[float]"
    values: "array[float]"
    weights: "array[float]"
    lost: float
    edge_s: float

    @property
    def count(self) -> float:
        """How many samples there were from the first time on."""
        return 1 + sum(self.weights[1:]) if self.weights else len(self.times)


class Track:
    """Samples, or steps of them, of the last seconds.

    Args:
        keep_s: how far back.
        kind: what of several samples is kept.
        step_s: the seconds that are one step; 0 keeps each sample.
    """

    def __init__(self, keep_s: float, kind: Kind = "last", step_s: float = 0.0) -> None:
        self.keep_s = keep_s
        self._kind = kind
        self._step_s = step_s
        self.times = array("d")
        self.values = array("d")
        self.weights = array("d")

    def add(self, at_s: float, value: float) -> None:
        """Take a sample; each is newer than the one before."""
        if self._continues(at_s):
            self.times[-1] = at_s
            self._merge(value)
            return
        self.times.append(at_s)
        self.values.append(value)
        if self._step_s:
            self.weights.append(1.0)
        old = bisect_right(self.times, at_s - self.keep_s)
        if old > SPARE:
            for kept in (self.times, self.values, self.weights):
                # One stays: it tells that there was more before the window.
                del kept[: old - 1]

    def clear(self) -> None:
        """Keep nothing of what there was."""
        for kept in (self.times, self.values, self.weights):
            del kept[:]

    def window(self, after_s: float, lost: float) -> Window:
        """Return what is newer than a time."""
        first = bisect_right(self.times, after_s)
        cut = (self.times[first:], self.values[first:], self.weights[first:])
        return Window(*cut, lost, self._step_s if first else 0.0)

    def first_after(self, after_s: float) -> float:
        """Return the time of the first sample after a time; infinity for none."""
        first = bisect_right(self.times, after_s)
        return self.times[first] if first < len(self.times) else math.inf

    def _continues(self, at_s: float) -> bool:
        if not self._step_s or len(self.times) < 2:  # noqa: PLR2004 - the first is alone
            return False
        return at_s // self._step_s == self.times[-1] // self._step_s

    def _merge(self, value: float) -> None:
        self.weights[-1] += 1
        match self._kind:
            case "last" | "count":
                self.values[-1] = value
            case "max":
                self.values[-1] = _higher(self.values[-1], value)
            case "min":
                self.values[-1] = -_higher(-self.values[-1], -value)
            case _:
                self.values[-1] += (value - self.values[-1]) / self.weights[-1]


class Series:
    """The samples of one series.

    Args:
        labels: all of them, the metric's name included.
        windows: what rules look back on: what they need, and how many seconds.
    """

    def __init__(self, labels: Labels, windows: Iterable[tuple[Kind, float]]) -> None:
        self.labels = labels
        windows = set(windows)
        exact = [window_s for _, window_s in windows if window_s <= EXACT_S]
        self._exact = Track(max([LOOKBACK_S, *exact]))
        self._long = {
            (kind, window_s): Track(window_s, kind, window_s / STEPS)
            for kind, window_s in windows
            if window_s > EXACT_S
        }
        self.keep_s = max([LOOKBACK_S, *(window_s for _, window_s in windows)])
        self.resets: deque[tuple[float, float]] = deque(maxlen=MAX_RESETS)
        self._counts = any(kind == "count" for kind, _ in windows)
        self._ended = True

    @property
    def newest_s(self) -> float:
        """Unix time of the newest sample, 0 when there is none."""
        return self._exact.times[-1] if self._exact.times else 0.0

    def add(self, at_s: float, value: float) -> None:
        """Take a sample; one that is not newer than the newest is left out.

        Unless that is so far ahead that the clock must have been set back: then all
        that was kept is of no time that will come, and the series begins anew.
        """
        exact = self._exact
        if exact.times and exact.times[-1] - at_s > LOOKBACK_S:
            self._forget()
        if exact.times:
            if at_s <= exact.times[-1]:
                return
            before = exact.values[-1]
            if self._counts and value < before:
                self._note_reset(at_s, before)
        exact.add(at_s, value)
        for track in self._long.values():
            track.add(at_s, value)
        self._ended = False

    def end(self) -> None:
        """Note that the series was not there when it was looked for."""
        self._ended = True

    def newest(self, now_s: float) -> float | None:
        """Return the value that holds now; None when it ended or is too old."""
        if self._ended or self._exact.times[-1] <= now_s - LOOKBACK_S:
            return None
        return self._exact.values[-1]

    def window(self, kind: Kind, window_s: float, now_s: float) -> Window:
        """Return the samples of the last seconds, for functions of a kind."""
        track = self._long.get((kind, window_s), self._exact)
        after_s = now_s - window_s
        first_s = track.first_after(after_s)
        lost = sum(value for at_s, value in self.resets if at_s > first_s)
        return track.window(after_s, lost)

    def _forget(self) -> None:
        for track in self.tracks().values():
            track.clear()
        self.resets.clear()

    def _note_reset(self, at_s: float, before: float) -> None:
        while self.resets and self.resets[0][0] <= at_s - self.keep_s:
            self.resets.popleft()
        self.resets.append((at_s, before))

    def tracks(self) -> dict[str, Track]:
        """Return everything that is kept, by names that tell what it is."""
        long = {f"{kind} {s:g}": track for (kind, s), track in self._long.items()}
        return {"exact": self._exact, **long}


def _higher(one: float, other: float) -> float:
    """Return the higher number; one that is none loses."""
    return other if math.isnan(one) or other > one else one
