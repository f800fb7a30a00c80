"""Figures, targets and how they are shown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that ``percent`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be.

    Args:
        figure: the figure's name.
        holds: ``at least`` or ``at most`` or ``below``.
        limit: in the figure's own unit.
    """

    figure: str
    holds: Literal["at least", "at most", "below"]
    limit: float

    def met(self, value: float) -> bool:
        """Tell whether a value does."""
        match self.holds:
            case "at least":
                return value >= self.limit
            case "at most":
                return value <= self.limit
            case "below":
                return value < self.limit


@dataclass(slots=True)
class Report:
    """Figures by name, units in the names, and what they should be."""

    figures: dict[str, float] = field(default_factory=dict[str, float])
    targets: list[Target] = field(default_factory=list[Target])

    def add(self, figures: Mapping[str, float]) -> None:
        """Take more figures."""
        self.figures.update(figures)

    @property
    def passed(self) -> bool:
        """Whether every target is met."""
        return all(t.met(self.figures[t.figure]) for t in self.targets)

    def as_text(self) -> str:
        """Return a table, one figure a line, and a verdict beside each target."""
        wanted = {t.figure: t for t in self.targets}
        return "\n".join(
            f"{name.replace('_', ' '):<44}{number(value):>10}  "
            f"{_verdict(wanted.get(name), value)}".rstrip()
            for name, value in self.figures.items()
        )

    def verdicts(self) -> list[tuple[Target, str]]:
        """Return each target with its figure and whether it is met, in words."""
        found = [(t, self.figures[t.figure]) for t in self.targets]
        return [(t, f"{number(value)} {_verdict(t, value)}") for t, value in found]

    def as_dict(self) -> dict[str, Any]:
        """Return figures and targets as JSON takes them."""
        targets = [
            asdict(t) | {"met": t.met(self.figures[t.figure])} for t in self.targets
        ]
        return {"figures": self.figures, "targets": targets}

    def as_json(self) -> str:
        """Return the same as JSON."""
        return json.dumps(self.as_dict(), indent=2)


def number(value: float) -> str:
    """Return a figure as readers want it."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _verdict(target: Target | None, value: float) -> str:
    if target is None:
        return ""
    word = "PASS" if target.met(value) else "FAIL"
    return f"{word} ({target.holds} {number(target.limit)})"
