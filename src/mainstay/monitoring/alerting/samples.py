"""What rules need of what was scraped: bounded series, each found by its selectors."""

from collections.abc import Iterable, Iterator, Mapping

from mainstay.monitoring.alerting.expression import (
    NAME,
    RANGE_FUNCTIONS,
    Call,
    Kind,
    Labels,
    Node,
    Range,
    Selector,
    parts,
)
from mainstay.monitoring.alerting.series import Series

MAX_SERIES = 5000
"""Beyond these a new series is left out; 5000 take about 20 MB."""


class Samples:
    """Keeps the samples that expressions look at, and no others.

    ``left_out`` counts the series that there was no room for, each time; whoever plays
    a round may set it to 0 before.

    Args:
        expressions: all that will be evaluated.
    """

    def __init__(self, expressions: Iterable[Node]) -> None:
        self._windows: dict[Selector, set[tuple[Kind, float]]] = {}
        for expression in expressions:
            self._want(expression)
        self._metrics: dict[str, list[Selector]] = {}
        for selector in self._windows:
            self._metrics.setdefault(selector.metric, []).append(selector)
        self._chosen: dict[Selector, dict[Labels, Series]] = {
            selector: {} for selector in self._windows
        }
        self._series: dict[Labels, Series] = {}
        self.left_out = 0

    @property
    def metrics(self) -> frozenset[str]:
        """The names of metrics that are looked at."""
        return frozenset(self._metrics)

    def __len__(self) -> int:
        """Return how many series are kept."""
        return len(self._series)

    def __iter__(self) -> Iterator[Series]:
        """Go through all series."""
        return iter(self._series.values())

    def series(self, labels: Mapping[str, str]) -> Series | None:
        """Return the series with these labels; None for one that nobody looks at."""
        key = tuple(sorted(labels.items()))
        found = self._series.get(key)
        return self._made(key, dict(labels)) if found is None else found

    def select(self, selector: Selector) -> Iterable[Series]:
        """Return the series that a selector of the expressions names."""
        return self._chosen[selector].values()

    def forget(self, now_s: float) -> None:
        """Drop the series of which nothing is left that a window could reach."""
        gone = [s for s in self if s.newest_s <= now_s - s.keep_s]
        for series in gone:
            del self._series[series.labels]
            for chosen in self._chosen.values():
                chosen.pop(series.labels, None)

    def _want(self, node: Node) -> None:
        match node:
            case Call(function=function, arguments=(Range() as of,)):
                window = (RANGE_FUNCTIONS[function], of.window_s)
                self._windows.setdefault(of.selector, set()).add(window)
            case Selector():
                self._windows.setdefault(node, set())
            case _:
                for part in parts(node):
                    self._want(part)

    def _made(self, key: Labels, labels: dict[str, str]) -> Series | None:
        selectors = self._metrics.get(labels[NAME], [])
        fitting = [selector for selector in selectors if selector.fits(labels)]
        if not fitting:
            return None
        if len(self._series) >= MAX_SERIES:
            self.left_out += 1
            return None
        windows = {window for one in fitting for window in self._windows[one]}
        series = self._series[key] = Series(key, windows)
        for selector in fitting:
            self._chosen[selector][key] = series
        return series
