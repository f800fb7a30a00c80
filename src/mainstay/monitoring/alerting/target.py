"""One process's metrics page, read again and again into samples."""

import re
from collections.abc import Iterable

from mainstay.monitoring.alerting.expression import NAME
from mainstay.monitoring.alerting.samples import Samples
from mainstay.monitoring.alerting.series import Series

JOB = "mainstay"
UP = "up"
_LABEL = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")
_PLAIN = {"n": "\n"}


class Target:
    """Takes the pages of one address.

    What a series is called is read once: from then on its line is looked up as it is,
    and lines that no rule looks at cost one look-up each.

    Args:
        instance: ``host:port``, the label of all its series.
        samples: where they go.
    """

    def __init__(self, instance: str, samples: Samples) -> None:
        self._own = {"instance": instance, "job": JOB}
        self._samples = samples
        self._known: dict[str, Series | None] = {}

    def take(self, page: str, now_s: float) -> None:
        """Take a page in Prometheus's text format; what is no longer there ends.

        Raises:
            ValueError: it is no such page.
        """
        seen: dict[str, Series | None] = {}
        for line in page.splitlines():
            if not line or line[0] == "#":
                continue
            written, _, value = line.rpartition(" ")
            if written in self._known:
                series = self._known[written]
            else:
                left_out = self._samples.left_out
                series = self._read(written)
                if self._samples.left_out > left_out:
                    continue  # asked for again: there may be room the next time
            seen[written] = series
            if series is not None:
                series.add(now_s, float(value))
        self._end(self._known.keys() - seen.keys())
        self._known = seen
        self._tell_up(1.0, now_s)

    def miss(self, now_s: float) -> None:
        """Note that no page came: every series ends, and ``up`` is 0."""
        self._end(self._known)
        self._known = {}
        self._tell_up(0.0, now_s)

    def leave(self) -> None:
        """Note that the process is gone for good: ``up`` ends with the rest."""
        self._end(self._known)
        self._known = {}
        series = self._samples.series({NAME: UP, **self._own})
        if series is not None:
            series.end()

    def _tell_up(self, value: float, now_s: float) -> None:
        series = self._samples.series({NAME: UP, **self._own})
        if series is not None:
            series.add(now_s, value)

    def _end(self, lines: Iterable[str]) -> None:
        for line in lines:
            series = self._known[line]
            if series is not None:
                series.end()

    def _read(self, written: str) -> Series | None:
        metric, brace, labels = written.partition("{")
        if metric not in self._samples.metrics:
            return None
        told = {name: _plain(value) for name, value in _LABEL.findall(labels)}
        if brace and not labels.endswith("}"):
            raise ValueError(f"not a series: {written[:80]!r}")
        return self._samples.series({**told, NAME: metric, **self._own})


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda m: _PLAIN.get(m[1], m[1]), value)
