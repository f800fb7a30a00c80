"""Evaluates an expression over samples, as Prometheus does at one moment.

Series of two sides match on all their labels but the name. Arithmetic and functions
drop the name; a comparison chooses among the left side's series and leaves them as they
are.
"""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from mainstay.monitoring.alerting.expression import (
    NAME,
    RANGE_FUNCTIONS,
    SETS,
    Aggregate,
    Binary,
    Call,
    Labels,
    Negative,
    Node,
    Number,
    Range,
    Selector,
)
from mainstay.monitoring.alerting.functions import FUNCTIONS
from mainstay.monitoring.alerting.lexer import ExpressionFault
from mainstay.monitoring.alerting.samples import Samples

Vector = dict[Labels, float]
"""A value for each series."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is evaluated over, and when.

    Args:
        samples: of everything that the expressions look at.
        now_s: Unix time in seconds; no sample is newer.
    """

    samples: Samples
    now_s: float

    def evaluate(self, node: Node) -> Vector:
        """Return the series of an expression; a number is one without labels.

        Raises:
            ExpressionFault: series of the two sides do not match one to one.
        """
        value = self._value(node)
        return value if isinstance(value, dict) else {(): value}

    def _value(self, node: Node) -> Vector | float:
        match node:
            case Number():
                return node.value
            case Selector():
                return self._newest(node)
            case Call():
                return self._called(node)
            case Aggregate():
                return _aggregated(node, self.evaluate(node.of))
            case Negative():
                return _negative(self._value(node.of))
            case Binary():
                return _binary(node, self._value(node.left), self._value(node.right))
            case Range():
                raise ExpressionFault("a range needs a function around it")

    def _newest(self, selector: Selector) -> Vector:
        found: Vector = {}
        for series in self.samples.select(selector):
            value = series.newest(self.now_s)
            if value is not None:
                found[series.labels] = value
        return found

    def _called(self, call: Call) -> Vector | float:
        match call:
            case Call(function="time"):
                return self.now_s
            case Call(function="absent", arguments=(of,)):
                return _absent(of, self.evaluate(of))
            case Call(function=function, arguments=(Range() as of,)):
                return self._over_time(function, of)
            case _:
                raise ExpressionFault(f"{call.function}() cannot be evaluated")

    def _over_time(self, function: str, of: Range) -> Vector:
        compute, kind = FUNCTIONS[function], RANGE_FUNCTIONS[function]
        found: Vector = {}
        for series in self.samples.select(of.selector):
            window = series.window(kind, of.window_s, self.now_s)
            value = compute(window, of.window_s, self.now_s)
            if value is not None:
                found[nameless(series.labels)] = value
        return found


def nameless(labels: Labels) -> Labels:
    """Return labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def _absent(of: Node, found: Vector) -> Vector:
    """Return 1 when nothing was found, labelled as far as the selector tells."""
    if found:
        return {}
    if not isinstance(of, Selector):
        return {(): 1.0}
    told = [m for m in of.matchers if m.sign == "="]
    names = [m.label for m in of.matchers]
    labels = {m.label: m.value for m in told if names.count(m.label) == 1 and m.value}
    return {tuple(sorted(labels.items())): 1.0}


def _aggregated(node: Aggregate, of: Vector) -> Vector:
    groups: dict[Labels, list[float]] = {}
    dropped = {NAME, *node.labels}
    for labels, value in of.items():
        group = tuple(
            pair
            for pair in labels
            if (pair[0] not in dropped if node.without else pair[0] in node.labels)
        )
        groups.setdefault(group, []).append(value)
    compute = _AGGREGATES[node.function]
    return {group: compute(values) for group, values in groups.items()}


def _highest(values: list[float]) -> float:
    return max((v for v in values if not math.isnan(v)), default=math.nan)


def _lowest(values: list[float]) -> float:
    return min((v for v in values if not math.isnan(v)), default=math.nan)


_AGGREGATES: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": _highest,
    "min": _lowest,
    "avg": lambda values: sum(values) / len(values),
    "count": lambda values: float(len(values)),
}


def _negative(value: Vector | float) -> Vector | float:
    if isinstance(value, dict):
        return _unnamed((labels, -v) for labels, v in value.items())
    return -value


def _unnamed(found: Iterable[tuple[Labels, float]]) -> Vector:
    """Return series without their names.

    Raises:
        ExpressionFault: two of them are then the same.
    """
    series: Vector = {}
    for labels, value in found:
        key = nameless(labels)
        if key in series:
            raise ExpressionFault("several series are the same without their names")
        series[key] = value
    return series


def _binary(
    node: Binary, left: Vector | float, right: Vector | float
) -> Vector | float:
    if node.sign in SETS:
        return _set(node.sign, _series(left), _series(right))
    compare = _COMPARISONS.get(node.sign)
    if compare is not None:
        return _compared(compare, left, right)
    compute = _ARITHMETIC[node.sign]
    match left, right:
        case dict(), dict():
            pairs = _pairs(left, right)
            return _unnamed((at, compute(one, other)) for at, one, other in pairs)
        case dict(), float():
            return _unnamed((at, compute(one, right)) for at, one in left.items())
        case float(), dict():
            return _unnamed((at, compute(left, one)) for at, one in right.items())
        case float(), float():
            return compute(left, right)
        case _:
            raise ExpressionFault(f"{node.sign} cannot be evaluated")


def _compared(
    compare: Callable[[float, float], bool],
    left: Vector | float,
    right: Vector | float,
) -> Vector:
    match left, right:
        case dict(), dict():
            pairs: Iterable[tuple[Labels, float, float]] = _pairs(left, right)
            return {at: one for at, one, other in pairs if compare(one, other)}
        case dict(), float():
            return {at: one for at, one in left.items() if compare(one, right)}
        case float(), dict():
            return {at: one for at, one in right.items() if compare(left, one)}
        case _:
            raise ExpressionFault("two numbers are not compared")


def _set(sign: str, left: Vector, right: Vector) -> Vector:
    others = {nameless(labels) for labels in right}
    match sign:
        case "and":
            return {at: v for at, v in left.items() if nameless(at) in others}
        case "unless":
            return {at: v for at, v in left.items() if nameless(at) not in others}
        case _:
            ours = {nameless(labels) for labels in left}
            added = {at: v for at, v in right.items() if nameless(at) not in ours}
            return left | added


def _series(value: Vector | float) -> Vector:
    if isinstance(value, dict):
        return value
    raise ExpressionFault("series expected, not a number")


def _pairs(left: Vector, right: Vector) -> list[tuple[Labels, float, float]]:
    """Return the series that both sides have, each with both values.

    Raises:
        ExpressionFault: a side has two that differ by name only.
    """
    others: dict[Labels, float] = {}
    for labels, value in right.items():
        key = nameless(labels)
        if key in others:
            raise ExpressionFault("several series on the right match one another")
        others[key] = value
    pairs = [
        (labels, value, others[match])
        for labels, value in left.items()
        if (match := nameless(labels)) in others
    ]
    if len({nameless(labels) for labels, _, _ in pairs}) < len(pairs):
        raise ExpressionFault("several series on the left match one on the right")
    return pairs


def _divided(one: float, other: float) -> float:
    if other:
        return one / other
    if one == 0 or math.isnan(one) or math.isnan(other):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1.0, other)


def _remainder(one: float, other: float) -> float:
    if other == 0 or math.isinf(one):
        return math.nan
    return math.fmod(one, other)


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _remainder,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
