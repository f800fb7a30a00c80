"""What the notifier finds is what a real Prometheus finds.

The samples are the same, the expressions are made from a seed: in windows of up to an
hour the numbers are equal, in longer ones they are near.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.conformance.prometheus_database import PrometheusDatabase
from tests.conformance.promql_world import BEGIN_S, Line, expressions, lines

from mainstay.monitoring.alerting.evaluation import Moment, Vector
from mainstay.monitoring.alerting.expression import Node
from mainstay.monitoring.alerting.lexer import ExpressionFault
from mainstay.monitoring.alerting.parser import parse
from mainstay.monitoring.alerting.samples import Samples

HOUR_S, DAY_S = 3600.0, 86_400.0
SHORT_S, LONG_S = 3 * HOUR_S, 3.2 * DAY_S
SEED, COUNT = 5, 400
EQUAL, NEAR = 1e-6, 0.01

WRITTEN = [
    '1 - (sum(rate(hits{level=~"[0-2]", le=~"30(.0)?"}[5m])) '
    "or sum(rate(hits[5m])) * 0) / sum(rate(hits[5m]))",
    "sum by (level) (increase(hits[17m])) > 20 "
    "and sum by (level) (rate(misses[5m])) > 0",
    "min by (process) (room / load) < 0.1 or (min by (process) (room / load) < 3 "
    "and min by (process) (room + deriv(room[1h]) * 9) < 0)",
    "time() - max by (process) (room) > 120",
    "-room * -1 + 2 * 3 - 4 / 2 % 3",
    "hits - misses unless hits > 5",
    "hits + hits",
    "max(nothing) == 0",
    "absent(hits)",
    "absent(nothing)",
    "count(room) > 0",
    "room > load or load",
    "sum(room) by (process) / on_purpose",
    "1 / (flat - 7)",
    "-1 / (flat - 7)",
    "(flat - 7) / (flat - 7)",
    "max(room / 0)",
    "Inf + flat",
    "NaN + flat > 0",
    "time() * 2 - 1",
    # Refused by both.
    *("1 < 2", "hits and 1", "rate(hits)", "sum(1)", "absent(time())", "max(hits[5m])"),
]
LONG = [
    "sum(increase(hits[6h]))",
    "sum(increase(hits[3d]))",
    "sum(rate(misses[3d])) / sum(rate(hits[3d]))",
    "max_over_time(room[3d])",
    "min_over_time(load[6h])",
    "avg_over_time(calm[3d]) + 1000",
    "max_over_time(calm[6h])",
    # What may be near zero is compared beside a thousand.
    "deriv(calm[6h]) * 21600 + 1000",
    "increase(hits[3d])",
]


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> Iterator[tuple[PrometheusDatabase, Sequence[Line]]]:
    """Give three hours in a Prometheus."""
    yield from _served(tmp_path_factory.mktemp("short"), lines(SEED, SHORT_S))


@pytest.fixture(scope="module")
def long(tmp_path_factory) -> Iterator[tuple[PrometheusDatabase, Sequence[Line]]]:
    """Give three days in a Prometheus."""
    yield from _served(tmp_path_factory.mktemp("long"), lines(SEED, LONG_S))


def _served(
    folder: Path, told: Sequence[Line]
) -> Iterator[tuple[PrometheusDatabase, Sequence[Line]]]:
    database = PrometheusDatabase(folder, told)
    database.process.start()
    yield database, told
    database.process.stop()


class Replay:
    """Our samples, filled in the order of time.

    Args:
        told: the series.
        nodes: all expressions that will be evaluated.
    """

    def __init__(self, told: Sequence[Line], nodes: Sequence[Node]) -> None:
        self.samples = Samples(nodes)
        self._left = sorted(
            ((at, value, line) for line in told for at, value in line.samples),
            key=lambda one: one[0],
            reverse=True,
        )

    def until(self, now_s: float) -> Moment:
        """Take every sample up to a time."""
        while self._left and self._left[-1][0] <= now_s:
            at_s, value, line = self._left.pop()
            series = self.samples.series(line.labels)
            if series is not None:
                series.add(at_s, value)
        return Moment(self.samples, now_s)


def read(expression: str) -> Node | None:
    """Return what an expression says; None where we refuse it."""
    try:
        return parse(expression)
    except ExpressionFault:
        return None


def found(moment: Moment, node: Node | None) -> Vector | None:
    """Return what we find; None where we refuse."""
    if node is None:
        return None
    try:
        return moment.evaluate(node)
    except ExpressionFault:
        return None


def differs(ours: Vector | None, theirs: Vector | None, tolerance: float) -> bool:
    """Tell whether series or values are not the same."""
    if ours is None or theirs is None:
        return ours is not theirs
    return ours.keys() != theirs.keys() or not all(
        same(value, theirs[labels], tolerance) for labels, value in ours.items()
    )


def same(one: float, other: float, tolerance: float) -> bool:
    """Tell whether two numbers are equal, or near."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def test_short_windows_are_equal(short) -> None:
    """Every expression, at moments with gaps, resets, beginnings and ends around."""
    database, told = short
    asked = [*WRITTEN, *expressions(SEED, COUNT)]
    nodes = [read(one) for one in asked]
    replay = Replay(told, [node for node in nodes if node is not None])
    moments = [BEGIN_S + at + 7.3 for at in (75, 600, 4000, 6030, 9000, SHORT_S + 200)]
    wrong: list[object] = []
    results = refusals = 0
    for now_s in moments:
        moment = replay.until(now_s)
        for text, node in zip(asked, nodes, strict=True):
            ours, theirs = found(moment, node), database.evaluate(text, now_s)
            results += bool(theirs)
            refusals += theirs is None
            if differs(ours, theirs, EQUAL):
                wrong.append((text, now_s - BEGIN_S, ours, theirs))
    assert wrong == []
    # The comparison is about something.
    assert results > 1000
    assert refusals > 10


def test_long_windows_are_near(long) -> None:
    """Six hours and three days, kept in 240 steps, to a hundredth of their value."""
    database, told = long
    nodes = [parse(one) for one in LONG]
    replay = Replay(told, nodes)
    wrong: list[object] = []
    for now_s in (BEGIN_S + share * LONG_S + 7.3 for share in (0.02, 0.3, 0.7, 0.99)):
        moment = replay.until(now_s)
        for text, node in zip(LONG, nodes, strict=True):
            ours, theirs = found(moment, node), database.evaluate(text, now_s)
            if differs(ours, theirs, NEAR):
                wrong.append((text, now_s - BEGIN_S, ours, theirs))
    assert wrong == []


def test_long_windows_take_the_memory_of_short_ones() -> None:
    """Three days are kept in no more samples than an hour and 300 steps."""
    node = parse("rate(hits[3d])")
    replay = Replay(lines(SEED, LONG_S), [node])
    replay.until(BEGIN_S + LONG_S)
    kept = [len(t.times) for series in replay.samples for t in series.tracks().values()]
    assert max(kept) < 310
