"""What a PromQL expression is made of."""

import re
from dataclasses import dataclass, field
from typing import Literal

NAME = "__name__"

Labels = tuple[tuple[str, str], ...]
"""Names and values of labels, sorted by name; a metric's name is under ``__name__``."""

Kind = Literal["count", "last", "max", "min", "avg"]
"""What of many samples a long window must keep for its function."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on one label; a label that is not there is an empty text.

    Args:
        label: its name.
        sign: ``=``, ``!=``, ``=~`` or ``!~``; expressions match the whole value.
        value: what it is compared with.
    """

    label: str
    sign: str
    value: str
    _form: re.Pattern[str] | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        form = re.compile(self.value) if self.sign.endswith("~") else None
        object.__setattr__(self, "_form", form)

    def fits(self, labels: dict[str, str]) -> bool:
        """Tell whether a series' labels fulfil it."""
        found = labels.get(self.label, "")
        if self._form is None:
            same = found == self.value
        else:
            same = self._form.fullmatch(found) is not None
        return same != self.sign.startswith("!")


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class Selector:
    """The newest samples of the series of one metric."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def fits(self, labels: dict[str, str]) -> bool:
        """Tell whether a series of the metric is among them."""
        return all(matcher.fits(labels) for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class Range:
    """The samples of the last seconds of the series that a selector names."""

    selector: Selector
    window_s: float


@dataclass(frozen=True, slots=True)
class Call:
    """A function of what is in its brackets."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A value for each group of series.

    Args:
        function: ``sum``, ``max``, ``min``, ``avg`` or ``count``.
        of: the series.
        labels: that make the groups, or do not.
        without: whether groups are made by all other labels.
    """

    function: str
    of: "Node"
    labels: tuple[str, ...] = ()
    without: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides and what is between them; series match on all their labels."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Negative:
    """A side with its sign turned."""

    of: "Node"


Node = Number | Selector | Range | Call | Aggregate | Binary | Negative

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
SETS = frozenset({"and", "or", "unless"})
AGGREGATES = frozenset({"sum", "max", "min", "avg", "count"})
RANGE_FUNCTIONS: dict[str, Kind] = {
    "rate": "count",
    "increase": "count",
    "deriv": "last",
    "max_over_time": "max",
    "min_over_time": "min",
    "avg_over_time": "avg",
}
"""Functions of a window, and what it must keep for them."""


def parts(node: Node) -> tuple[Node, ...]:
    """Return what a node is made of."""
    match node:
        case Call():
            return node.arguments
        case Aggregate() | Negative():
            return (node.of,)
        case Binary():
            return (node.left, node.right)
        case Range():
            return (node.selector,)
        case _:
            return ()


def is_number(node: Node) -> bool:
    """Tell whether a node is a number rather than series."""
    if isinstance(node, Number):
        return True
    if isinstance(node, Call):
        return node.function == "time"
    return isinstance(node, Binary | Negative) and all(map(is_number, parts(node)))
