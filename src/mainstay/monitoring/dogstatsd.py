"""Sends the metrics to a Datadog Agent by DogStatsD, by a thread of its own.

Source: https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/
"""

import re
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from prometheus_client import Metric

from mainstay.monitoring.readings import Buckets, Reading, Tags, read, since

EVERY_S = 10.0
"""The Agent adds up what came within 10 s."""

UDP_BYTES, UNIX_BYTES = 1432, 8192
"""Of a datagram: what an Ethernet frame carries, and what the Agent reads at once."""

PORT = 8125
_FORBIDDEN = re.compile(r"[,|#\s]")


class DogStatsd:
    """Tells an Agent what was added to counters, and what gauges show.

    Histograms are told as the Agent's own reading of Prometheus tells them: ``.count``,
    ``.sum``, and ``.bucket`` with the tag ``upper_bound``, all of them counts.

    Args:
        address: ``udp://host:port`` or ``unix:///path/to/socket``.
        tags: of every metric.
        process: tells the gauges of several processes apart.
        collect: reads the registry.
        dropped: called with the number of datagrams that were not taken.
    """

    def __init__(
        self,
        address: str,
        tags: Mapping[str, str],
        process: str,
        collect: Callable[[], Iterable[Metric]],
        dropped: Callable[[int], None],
    ) -> None:
        parts = urlsplit(address)
        self._path = parts.path if parts.scheme == "unix" else ""
        self._place = (parts.hostname or "", parts.port or PORT)
        self._most = UNIX_BYTES if self._path else UDP_BYTES
        self._tags = tuple(tags.items())
        self._process = (("process", process),)
        self._collect = collect
        self._dropped = dropped
        self._told: dict[str, Reading] = {}
        self._line: socket.socket | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dogstatsd", daemon=True)

    def start(self) -> None:
        """Start; the first reading is after 10 s."""
        self._thread.start()

    def stop(self, at_s: float) -> None:  # noqa: ARG002 - a datagram takes no time
        """Read and tell once more; returns now."""
        self._ending.set()

    def join(self, within_s: float) -> None:
        """Return when the thread has ended, or after some seconds."""
        self._thread.join(max(within_s, 0))

    def _run(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._ending.wait(EVERY_S)
            found = self._datagrams(read(self._collect))
            refused = sum(not self._sent(one) for one in found)
            if refused:
                self._dropped(refused)
        self._close()

    def _datagrams(self, found: Iterable[Reading]) -> Generator[bytes]:
        """Pack lines into as few datagrams as hold them."""
        packed = b""
        for line in self._lines(found):
            if packed and len(packed) + len(line) + 1 > self._most:
                yield packed
                packed = b""
            packed = packed + b"\n" + line if packed else line
        if packed:
            yield packed

    def _lines(self, found: Iterable[Reading]) -> Generator[bytes]:
        for reading in found:
            news = since(reading, self._told.get(reading.name))
            self._told[reading.name] = reading
            for tags, value in news.series.items():
                if isinstance(value, Buckets):
                    yield from self._histogram(reading.name, tags, value)
                elif reading.kind == "gauge":
                    yield self._line_of(reading.name, value, "g", tags + self._process)
                else:
                    yield self._line_of(reading.name, value, "c", tags)

    def _histogram(self, name: str, tags: Tags, value: Buckets) -> Generator[bytes]:
        yield self._line_of(f"{name}.count", value.count, "c", tags)
        yield self._line_of(f"{name}.sum", value.total, "c", tags)
        bounds = [*map(repr, value.bounds), "inf"]
        for bound, count in zip(bounds, value.counts, strict=True):
            if count:
                tagged = (*tags, ("upper_bound", bound))
                yield self._line_of(f"{name}.bucket", count, "c", tagged)

    def _line_of(self, name: str, value: float, kind: str, tags: Tags) -> bytes:
        told = ",".join(f"{key}:{_clean(one)}" for key, one in (*tags, *self._tags))
        return f"{name}:{value:.12g}|{kind}|#{told}".encode("utf-8", "replace")

    def _sent(self, datagram: bytes) -> bool:
        """Send one, and tell whether it left; never waits."""
        try:
            line = self._line = self._line or self._connected()
            line.send(datagram)
        except (OSError, UnicodeError):
            # An Agent that began anew has another socket; a host may be no name at all.
            self._close()
            return False
        return True

    def _connected(self) -> socket.socket:
        if self._path:
            line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        else:
            family, *_ = socket.getaddrinfo(*self._place, type=socket.SOCK_DGRAM)[0]
            line = socket.socket(family, socket.SOCK_DGRAM)
        line.setblocking(False)
        try:
            line.connect(self._path or self._place)
        except BaseException:
            line.close()
            raise
        return line

    def _close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError):
                line.close()


def _clean(value: str) -> str:
    return _FORBIDDEN.sub("_", value)
