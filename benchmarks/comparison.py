"""Layouts side by side: a table for the terminal, a page for the docs."""

import os
import platform
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchmarks.figures import Report, number

FLOORS: Mapping[str, str] = {
    "turn_cpu_ms": "sdk_stream_pair_cpu_ms",
    "accept_p50_ms_at_15_per_s": "bare_commit_p50_ms_at_15_per_s",
    "accept_p99_ms_at_15_per_s": "bare_commit_p99_ms_at_15_per_s",
}
"""Which figure of the same layout is the floor under a figure."""

HEAD = """\
# Performance

Written by `make bench ARGS=--page` on {date}: {machine}. Machines and their neighbours
differ: trust the ratios. What is measured and where the time goes:
[performance](../explanation/performance.md).

PostgreSQL: one gateway and one worker process, the database on the same machine.
SQLite: one process for both. A model that answers at once, 128 customers that wait;
`500 ms`: a model that takes 250 ms for each of a turn's two calls, 200 turns at once.
`peak mb` is the memory that the processes need together: files' pages that they share
count once.
"""


@dataclass(slots=True)
class Comparison:
    """Reports by layout, and what cannot be beaten.

    Args:
        floors: figures that need no layout.
    """

    floors: Mapping[str, float]
    reports: dict[str, Report] = field(default_factory=dict[str, Report])

    def add(self, name: str, report: Report) -> None:
        """Take a layout's figures."""
        self.reports[name] = report

    @property
    def passed(self) -> bool:
        """Whether every target of every layout is met."""
        return all(report.passed for report in self.reports.values())

    def as_text(self) -> str:
        """Return a table, a figure a line, and every verdict below it."""
        width = max(12, *(len(name) + 2 for name in self.reports))
        rows = [_words(name) for name in self._names()]
        label = max(len(row) for row in (*rows, *map(_words, self.floors)))
        lines = [" " * label + "".join(f"{name:>{width}}" for name in self.reports)]
        for name in self._names():
            cells = "".join(f"{cell:>{width}}" for cell in self._cells(name))
            lines.append(f"{_words(name):<{label}}{cells}")
        lines += ["", "floors"]
        for name, value in self.floors.items():
            lines.append(f"{_words(name):<{label}}{number(value):>{width}}")
        return "\n".join([*lines, "", *self._verdicts()]).rstrip()

    def as_page(self) -> str:
        """Return the page for the docs."""
        head = HEAD.format(date=f"{datetime.now(UTC):%Y-%m-%d}", machine=machine())
        columns = ["figure", *self.reports, "floor"]
        lines = [_line(columns), _line(["---", *["---:"] * (len(columns) - 1)])]
        for name in self._names():
            cells = [_words(name), *self._cells(name), self._floor(name)]
            lines.append(_line(cells))
        floors = [_line(["floor", "figure"]), _line(["---", "---:"])]
        floors += [_line([_words(n), number(v)]) for n, v in self.floors.items()]
        verdicts = [f"- {verdict}" for verdict in self._verdicts()]
        parts = [head, *lines, "", "## Floors", "", *floors]
        return "\n".join([*parts, "", "## Targets", "", *verdicts]) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON takes it."""
        layouts = {name: report.as_dict() for name, report in self.reports.items()}
        return {"layouts": layouts, "floors": dict(self.floors)}

    def _names(self) -> list[str]:
        """Return every figure's name once, in the order of their first layout."""
        return list(
            dict.fromkeys(n for report in self.reports.values() for n in report.figures)
        )

    def _cells(self, name: str) -> list[str]:
        figures = [report.figures.get(name) for report in self.reports.values()]
        return ["" if figure is None else number(figure) for figure in figures]

    def _floor(self, name: str) -> str:
        """Return the median layout's floor under a figure."""
        floor = FLOORS.get(name)
        if floor is None:
            return ""
        figures = sorted(report.figures[floor] for report in self.reports.values())
        return f"{number(figures[len(figures) // 2])} ({_words(floor)})"

    def _verdicts(self) -> list[str]:
        return [
            f"{layout}: {_words(target.figure)} {verdict}"
            for layout, report in self.reports.items()
            for target, verdict in report.verdicts()
        ]


def machine() -> str:
    """Return what the figures depend on, and nothing that names the machine."""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
