"""Reads a PromQL expression; the subset is in docs/reference/notifier.md.

The grammar and its precedence are Prometheus's:
https://prometheus.io/docs/prometheus/latest/querying/operators/
"""

import ast
import math
import re

from mainstay.monitoring.alerting.expression import (
    AGGREGATES,
    COMPARISONS,
    RANGE_FUNCTIONS,
    SETS,
    Aggregate,
    Binary,
    Call,
    Matcher,
    Negative,
    Node,
    Number,
    Range,
    Selector,
    is_number,
)
from mainstay.monitoring.alerting.lexer import ExpressionFault, Token, tokens_of

PRECEDENCE = {
    "or": 1,
    "and": 2,
    "unless": 2,
    **dict.fromkeys(COMPARISONS, 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
_SECONDS = {
    "ms": 0.001,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86_400,
    "w": 604_800,
    "y": 31_536_000,
}
_STEP = re.compile(r"(\d+)(ms|[smhdwy])")
_UNKNOWN = frozenset({"bool", "on", "ignoring", "group_left", "group_right", "offset"})
MAX_DEPTH = 50


def parse(expression: str) -> Node:
    """Return what an expression says.

    Raises:
        ExpressionFault: it cannot be read, or says what is not in the subset.
    """
    return _Parser(tokens_of(expression)).whole()


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration like ``1h30m``.

    Raises:
        ExpressionFault: it is none.
    """
    steps = _STEP.findall(duration)
    if not steps or "".join(n + unit for n, unit in steps) != duration.strip():
        raise ExpressionFault(f"not a duration: {duration!r}; write e.g. 5m or 1h30m")
    return float(sum(int(number) * _SECONDS[unit] for number, unit in steps))


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._binary(0)
        if self._here.kind != "end":
            raise self._fault("nothing more")
        if isinstance(node, Range):
            raise ExpressionFault("a range needs a function around it, e.g. rate()")
        return node

    @property
    def _here(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._here
        if token.kind == "end":
            raise self._fault("something more")
        self._at += 1
        return token

    def _expect(self, text: str) -> None:
        if self._here.text != text:
            raise self._fault(repr(text))
        self._at += 1

    def _fault(self, wanted: str) -> ExpressionFault:
        found = self._here.text or "the end"
        return ExpressionFault(f"{wanted} expected, not {found!r}")

    def _binary(self, lowest: int) -> Node:
        left = self._signed()
        while (precedence := PRECEDENCE.get(self._here.text, 0)) > lowest:
            sign = self._take().text
            if self._here.text in _UNKNOWN:
                raise ExpressionFault(f"{self._here.text} is not known here")
            left = _joined(sign, left, self._binary(precedence))
        return left

    def _signed(self) -> Node:
        if self._here.text not in {"-", "+"}:
            return self._single()
        sign, of = self._take().text, self._signed()
        if isinstance(of, Range):
            raise ExpressionFault("a range has no sign")
        return Negative(of) if sign == "-" else of

    def _single(self) -> Node:
        token = self._take()
        if token.text == "(":
            return self._nested()
        if token.kind == "number":
            return Number(_number(token.text))
        if token.kind != "word" or token.text in PRECEDENCE:
            self._at -= 1
            raise self._fault("a metric, a number or a function")
        if token.text in AGGREGATES:
            return self._aggregate(token.text)
        if self._here.text == "(":
            return self._call(token.text)
        if token.text.lower() in {"inf", "nan"}:
            return Number(float(token.text))
        return self._selected(token.text)

    def _nested(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionFault(f"more than {MAX_DEPTH} brackets inside one another")
        node = self._binary(0)
        self._expect(")")
        self._depth -= 1
        return node

    def _aggregate(self, function: str) -> Node:
        grouping = self._grouping()
        self._expect("(")
        of = self._nested()
        labels, without = grouping or self._grouping() or ((), False)
        if isinstance(of, Range) or is_number(of):
            raise ExpressionFault(f"{function} needs series")
        return Aggregate(function, of, labels, without)

    def _grouping(self) -> tuple[tuple[str, ...], bool] | None:
        if self._here.text not in {"by", "without"}:
            return None
        without = self._take().text == "without"
        self._expect("(")
        labels: list[str] = []
        while self._here.text != ")":
            if self._here.kind != "word":
                raise self._fault("a label")
            labels.append(self._take().text)
            if self._here.text != ")":
                self._expect(",")
        self._expect(")")
        return tuple(sorted(labels)), without

    def _call(self, function: str) -> Node:
        self._expect("(")
        if function == "time":
            self._expect(")")
            return Call(function, ())
        if function != "absent" and function not in RANGE_FUNCTIONS:
            raise ExpressionFault(f"{function}() is not known here")
        of = self._nested()
        if (function in RANGE_FUNCTIONS) != isinstance(of, Range) or is_number(of):
            wanted = "a range, e.g. [5m]" if function in RANGE_FUNCTIONS else "series"
            raise ExpressionFault(f"{function}() needs {wanted}")
        return Call(function, (of,))

    def _selected(self, metric: str) -> Node:
        matchers = self._matchers() if self._here.text == "{" else ()
        selector = Selector(metric, matchers)
        if self._here.kind != "range":
            return selector
        window_s = seconds_of("".join(self._take().text.strip("[]").split()))
        if window_s <= 0:
            raise ExpressionFault("a range must be longer than 0")
        return Range(selector, window_s)

    def _matchers(self) -> tuple[Matcher, ...]:
        self._expect("{")
        found: list[Matcher] = []
        while self._here.text != "}":
            label, sign, value = self._take(), self._take(), self._take()
            signed = sign.text in {"=", "!=", "=~", "!~"}
            if label.kind != "word" or not signed or value.kind != "text":
                raise ExpressionFault('a matcher expected, like name="value"')
            found.append(_matcher(label.text, sign.text, _unquoted(value.text)))
            if self._here.text != "}":
                self._expect(",")
        self._expect("}")
        return tuple(found)


def _unquoted(written: str) -> str:
    try:
        return str(ast.literal_eval(written))
    except (SyntaxError, ValueError) as error:
        raise ExpressionFault(f"{written} is no text") from error


def _matcher(label: str, sign: str, value: str) -> Matcher:
    try:
        return Matcher(label, sign, value)
    except re.error as error:
        raise ExpressionFault(f"{value!r} is no regular expression: {error}") from error


def _joined(sign: str, left: Node, right: Node) -> Node:
    if isinstance(left, Range) or isinstance(right, Range):
        raise ExpressionFault(f"a range cannot stand beside {sign}")
    numbers = is_number(left), is_number(right)
    if sign in SETS and any(numbers):
        raise ExpressionFault(f"{sign} needs series on both sides")
    if sign in COMPARISONS and all(numbers):
        raise ExpressionFault(f"{sign} between two numbers needs bool, not known here")
    return Binary(sign, left, right)


def _number(text: str) -> float:
    if text.lower().startswith("0x"):
        return float(int(text, 16))
    value = float(text)
    return math.inf if math.isinf(value) else value
