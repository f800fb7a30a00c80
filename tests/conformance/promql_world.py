"""Series and expressions for the comparison with Prometheus, from a seed."""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mainstay.monitoring.alerting.expression import NAME, Labels

BEGIN_S = 1_700_000_000.0
STEP_S = 15.0
GAP_S = 330.0
"""Longer than anything looks back: what stops is stale."""


@dataclass
class Line:
    """A series with all its samples.

    Args:
        labels: its name included.
        samples: Unix times in seconds, and values.
    """

    labels: Mapping[str, str]
    samples: list[tuple[float, float]] = field(default_factory=list)

    @property
    def written(self) -> str:
        """The series as Prometheus writes it."""
        told = ",".join(f'{k}="{v}"' for k, v in self.labels.items() if k != NAME)
        return f"{self.labels[NAME]}{{{told}}}"

    @property
    def key(self) -> Labels:
        """Its labels in order."""
        return tuple(sorted(self.labels.items()))


def counter(dice: random.Random, pace: float, length_s: float) -> list[float]:
    """Return a counter's values, now and then begun anew."""
    values, now = list[float](), dice.choice([0.0, 0.0, 1e6])
    for _ in range(int(length_s / STEP_S)):
        if dice.random() < 0.004:
            now = 0.0
        now += dice.choice([0, 0, 1, 2, 5]) * pace
        values.append(now)
    return values


def gauge(dice: random.Random, length_s: float, odds: float = 0.004) -> list[float]:
    """Return a gauge's values: a walk, with what is no number now and then."""
    values, now = list[float](), dice.uniform(-5, 50)
    for _ in range(int(length_s / STEP_S)):
        now += dice.uniform(-3, 3)
        odd = dice.random()
        values.append(math.nan if odd < odds else now)
    return values


def lines(seed: int, length_s: float) -> list[Line]:
    """Return series of several kinds, some with gaps, some that begin late or end."""
    dice = random.Random(seed)  # noqa: S311 - dice
    found: list[Line] = []
    for level in "01234":
        for process in "ab":
            labels = {NAME: "hits", "level": level, "process": process, "le": "30.0"}
            found.append(_line(dice, labels, counter(dice, 1, length_s)))
            labels = {NAME: "misses", "level": level, "process": process, "le": "30.0"}
            found.append(_line(dice, labels, counter(dice, 0.25, length_s)))
    for process in "abc":
        for name in ("room", "load"):
            labels = {NAME: name, "process": process}
            found.append(_line(dice, labels, gauge(dice, length_s)))
        calm = gauge(dice, length_s, odds=0)
        found.append(_line(dice, {NAME: "calm", "process": process}, calm))
    flat = [7.0] * int(length_s / STEP_S)
    found.append(_line(dice, {NAME: "flat"}, flat))
    found.append(_line(dice, {NAME: "room", "job": "x", "process": "a"}, flat))
    return found


def _line(dice: random.Random, labels: Mapping[str, str], values: list[float]) -> Line:
    """Return a series that was scraped, but for gaps, a little beside the beat."""
    line, shift_s = Line(labels), dice.uniform(0, 1)
    first = dice.choice([0, 0, 0, len(values) // 2])
    last = dice.choice([len(values)] * 4 + [int(len(values) * 0.8)])
    away = 0
    for n, value in enumerate(values[:last]):
        away = max(0, away - 1)
        if dice.random() < 0.003:
            away = dice.choice([1, 3, int(GAP_S / STEP_S)])
        if n >= first and not away:
            at_s = round(BEGIN_S + n * STEP_S + shift_s, 3)
            line.samples.append((at_s, value))
    return line


SELECTORS = (
    *("hits", 'hits{level="0"}', 'hits{level=~"[0-2]"}', 'hits{level!~"[0-2]"}'),
    *("misses", 'misses{level!="4", process=~"a|b"}', 'misses{le=~"30(.0)?"}'),
    *("room", 'room{process="a"}', 'room{job=~"x|"}', 'room{job!=""}'),
    *("load", "flat", "nothing", 'nothing{a="b", c=~"d", e="f"}', 'load{job=""}'),
)
RANGES = ("1m", "5m", "17m", "1h")
OVER = ("rate", "increase", "deriv", "max_over_time", "min_over_time", "avg_over_time")
AGGREGATES = ("sum", "max", "min", "avg", "count")
SIGNS = ("+", "-", "*", "/", "%", "<", "<=", ">", ">=", "!=", "==")
NUMBERS = ("0", "1", "0.5", "100", "-3", "(2 * 3600)", "time()", "1e3", "0x10", "2 - 4")
GROUPS = ("", "by (level)", "by (process, level)", "without (process)", "by (gone)")


def expressions(seed: int, count: int) -> Iterator[str]:
    """Return expressions of the subset, each different, some of them refused."""
    dice, told = random.Random(seed), set[str]()  # noqa: S311 - dice
    while len(told) < count:
        one = _vector(dice, 3)
        if one not in told:
            told.add(one)
            yield one


def _vector(dice: random.Random, depth: int) -> str:
    kind = dice.randrange(9) if depth else dice.randrange(3)
    match kind:
        case 0:
            return dice.choice(SELECTORS)
        case 1 | 2:
            of = f"{dice.choice(SELECTORS)}[{dice.choice(RANGES)}]"
            return f"{dice.choice(OVER)}({of})"
        case 3 | 4:
            return _aggregate(dice, depth)
        case 8:
            return dice.choice(["absent", "-"]) + f"({_vector(dice, depth - 1)})"
        case _:
            return _binary(dice, depth, kind)


def _aggregate(dice: random.Random, depth: int) -> str:
    name, group = dice.choice(AGGREGATES), dice.choice(GROUPS)
    inside = f"({_vector(dice, depth - 1)})"
    if dice.random() < 0.5:
        return f"{name} {group} {inside}"
    return f"{name} {inside} {group}"


def _binary(dice: random.Random, depth: int, kind: int) -> str:
    """Return two sides; without brackets around them the order of signs matters."""
    left, right = _vector(dice, depth - 1), _vector(dice, depth - 1)
    sign = dice.choice(SIGNS)
    if kind == 5:
        left, right = dice.choice([(left, dice.choice(NUMBERS)), ("9", f"({right})")])
    elif kind == 7:
        sign = dice.choice(["and", "or", "unless"])
    if dice.random() < 0.5:
        left, right = f"({left})", f"({right})"
    return f"{left} {sign} {right}"
