"""Whether an hour is as this hour of the week was in past weeks.

The score is a robust z: the distance from the median of past weeks in units of their
spread, which is the median absolute deviation, scaled to a standard deviation (Iglewicz
and Hoaglin, How to Detect and Handle Outliers, 1993). One bad week among several moves
neither. What is due to the small number of turns counts as spread too.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mainstay.domain.hour import HourSums

Signal = Literal["error_rate", "latency", "level_mix", "cost_per_turn"]
Standing = Literal["learning", "quiet", "usual", "unusual"]

WEEKS = 8
"""How far back an hour is compared."""

MIN_WEEKS = 4
"""With fewer past weeks there is no verdict."""

MIN_TURNS = 50
"""An hour with fewer turns says nothing, neither now nor in a past week."""

UNUSUAL = 4.0
"""The score from which on an hour is unusual."""

MAX_SCORE = 20.0
"""Beyond, a score says no more."""

TO_DEVIATION = 1.4826
"""The standard deviation of a normal distribution, in median absolute deviations."""

LATENCY_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Judgement:
    """How one signal stands.

    Args:
        signal: ``error_rate``: share of turns that no agent answered; ``latency``: what
            95% of the customers waited at most, seconds; ``level_mix``: share of
            replies below level 0; ``cost_per_turn``: US dollars.
        standing: ``learning`` while there are too few past weeks; ``quiet`` while there
            are too few turns now; ``usual``; ``unusual`` from a score of 4 on.
        score: above 0 when it is worse than usual, -20 to 20; 0 without a verdict.
        value: of this hour.
        expected: the median of past weeks; 0 without any.
        weeks: past weeks that it was compared with.
    """

    signal: Signal
    standing: Standing
    score: float
    value: float
    expected: float
    weeks: int


@dataclass(frozen=True, slots=True)
class _Measure:
    """How a signal is read of an hour, and which spread is always allowed for it."""

    read: Callable[[HourSums], float]
    least_share: float = 0.0
    least: float = 0.0
    is_share: bool = False


def _error_rate(hour: HourSums) -> float:
    return hour.failed / hour.turns if hour.turns else 0.0


def _latency_s(hour: HourSums) -> float:
    return hour.wait_ms(LATENCY_SHARE) / 1000


def _below_full(hour: HourSums) -> float:
    replies = sum(hour.levels)
    return sum(hour.levels[1:]) / replies if replies else 0.0


def _cost_usd(hour: HourSums) -> float:
    return hour.usd / hour.turns if hour.turns else 0.0


_MEASURES: dict[Signal, _Measure] = {
    "error_rate": _Measure(_error_rate, least=0.005, is_share=True),
    "latency": _Measure(_latency_s, least_share=0.1, least=0.05),
    "level_mix": _Measure(_below_full, least=0.01, is_share=True),
    "cost_per_turn": _Measure(_cost_usd, least_share=0.1, least=0.0001),
}


def judge(now: HourSums, past: Sequence[HourSums]) -> list[Judgement]:
    """Compare an hour with the same hour of past weeks, one verdict a signal.

    Args:
        now: the hour; it may still go on.
        past: the same hour of weeks before; those with too few turns are left out.
    """
    counted = [hour for hour in past if hour.turns >= MIN_TURNS]
    return [_judge(signal, one, now, counted) for signal, one in _MEASURES.items()]


def _judge(
    signal: Signal, measure: _Measure, now: HourSums, past: Sequence[HourSums]
) -> Judgement:
    value, before = measure.read(now), [measure.read(hour) for hour in past]
    expected = median(before) if before else 0.0
    if now.turns < MIN_TURNS or len(before) < MIN_WEEKS:
        standing = "learning" if len(before) < MIN_WEEKS else "quiet"
        return Judgement(signal, standing, 0.0, value, expected, len(before))
    raw = (value - expected) / _spread(measure, now.turns, expected, before)
    score = round(max(-MAX_SCORE, min(MAX_SCORE, raw)), 2)
    standing = "unusual" if score >= UNUSUAL else "usual"
    return Judgement(signal, standing, score, value, expected, len(before))


def median(values: Iterable[float]) -> float:
    """Return the middle one of some values; ``statistics`` would take 2 MB."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return (ordered[half] + ordered[-half - 1]) / 2


def _spread(
    measure: _Measure, turns: int, expected: float, before: Sequence[float]
) -> float:
    deviation = TO_DEVIATION * median(abs(value - expected) for value in before)
    least = max(measure.least, measure.least_share * expected)
    chance = 0.0
    if measure.is_share:
        # What is never seen may still happen once in so many turns.
        share = min(max(expected, 1 / turns), 0.5)
        chance = math.sqrt(share * (1 - share) / turns)
    return math.hypot(deviation, chance, least)
