"""Functions of a window of samples, each as Prometheus computes it.

https://prometheus.io/docs/prometheus/latest/querying/functions/
"""

import math
from collections.abc import Callable, Mapping

from mainstay.monitoring.alerting.series import Window

NEAR = 1.1
"""A window's edge is near its outermost sample within so many average distances."""


def increase(window: Window, window_s: float, now_s: float) -> float | None:
    """Return how much a counter grew, extrapolated to the edges of the window.

    Never beyond the time at which it must have been zero. The rule is Prometheus's
    ``extrapolatedRate``.
    """
    times, values = window.times, window.values
    if len(times) < 2:  # noqa: PLR2004 - one sample shows no growth
        return None
    grown = values[-1] - values[0] + window.lost
    sampled_s = times[-1] - times[0]
    step_s = sampled_s / (window.count - 1)
    before_s = times[0] - (now_s - window_s)
    after_s = now_s - times[-1]
    if grown > 0 and values[0] >= 0:
        before_s = min(before_s, sampled_s * (values[0] / grown))
    reached_s = sampled_s
    near_s = max(step_s, window.edge_s) * NEAR
    reached_s += before_s if before_s < near_s else step_s / 2
    reached_s += after_s if after_s < step_s * NEAR else step_s / 2
    return grown * (reached_s / sampled_s)


def rate(window: Window, window_s: float, now_s: float) -> float | None:
    """Return how much a counter grew a second."""
    grown = increase(window, window_s, now_s)
    return None if grown is None else grown / window_s


def deriv(window: Window, _window_s: float, _now_s: float) -> float | None:
    """Return the slope a second of the straight line nearest to the samples."""
    times, values = window.times, window.values
    if len(times) < 2:  # noqa: PLR2004 - one sample has no slope
        return None
    count = len(times)
    mean_s = math.fsum(times) / count
    spread = math.fsum((at_s - mean_s) ** 2 for at_s in times)
    if any(not math.isfinite(value) for value in values):
        return math.nan
    mean = math.fsum(values) / count
    pairs = zip(times, values, strict=True)
    return math.fsum((at_s - mean_s) * (v - mean) for at_s, v in pairs) / spread


def highest(window: Window, _window_s: float, _now_s: float) -> float | None:
    """Return the highest value; what is no number counts only when all are none."""
    numbers = [value for value in window.values if not math.isnan(value)]
    return max(numbers) if numbers else _any(window)


def lowest(window: Window, _window_s: float, _now_s: float) -> float | None:
    """Return the lowest value; what is no number counts only when all are none."""
    numbers = [value for value in window.values if not math.isnan(value)]
    return min(numbers) if numbers else _any(window)


def average(window: Window, _window_s: float, _now_s: float) -> float | None:
    """Return the mean of all samples."""
    if not window.values:
        return None
    if not window.weights:
        return sum(window.values) / len(window.values)
    pairs = zip(window.values, window.weights, strict=True)
    return sum(value * weight for value, weight in pairs) / sum(window.weights)


def _any(window: Window) -> float | None:
    return math.nan if window.values else None


FUNCTIONS: Mapping[str, Callable[[Window, float, float], float | None]] = {
    "rate": rate,
    "increase": increase,
    "deriv": deriv,
    "max_over_time": highest,
    "min_over_time": lowest,
    "avg_over_time": average,
}
"""From a window, its length and the time, in seconds, to a value if there is one."""
