"""Sends the metrics at intervals, by a thread of its own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from mainstay.monitoring.otlp.delivery import Delivery
from mainstay.monitoring.otlp.end import End
from mainstay.monitoring.otlp.points import Period, metric_item
from mainstay.monitoring.readings import Reading, since
from mainstay.ports.clock import Clock

NS_A_MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How metrics are sent.

    Args:
        every_s: seconds between two readings.
        delta: whether counters tell what was added since the reading that was
            delivered last, else since the process began.
    """

    every_s: float = 60.0
    delta: bool = False


class Push:
    """Reads the metrics and delivers them, the last time at the end.

    What was counted and could not be delivered is in a later reading; gauges of that
    moment are lost. One that was taken, but whose answer never came, is told twice
    where the rhythm is delta. Points that a receiver rejected, of a reading that it
    took, are told again only where the rhythm is cumulative.

    Args:
        read: reads all metrics; never raises.
        delivery: what the thread delivers by.
        rhythm: how.
        end: of the thread.
        clock: Unix time.
        dropped: called, in the thread, with the number of a reading's metrics that
            were given up, and of its points that were rejected.
    """

    def __init__(
        self,
        read: Callable[[], list[Reading]],
        delivery: Delivery,
        rhythm: Rhythm,
        end: End,
        clock: Clock,
        dropped: Callable[[int], None],
    ) -> None:
        self._read = read
        self._delivery = delivery
        self._rhythm = rhythm
        self._end = end
        self._clock = clock
        self._dropped = dropped
        self._began_ns = self._now_ns()
        self._told: dict[str, tuple[Reading, int]] = {}
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Start; the first reading is after the first interval."""
        self._thread.start()

    def stop(self, at_s: float) -> None:
        """Read and deliver once more by a moment of monotonic time; returns now."""
        self._end.ask(at_s)

    def join(self, within_s: float) -> None:
        """Return when the thread has ended, or after some seconds."""
        self._thread.join(max(within_s, 0))

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._end.wait(self._rhythm.every_s)
            # Asked for before the reading, not during the delivery of an older one.
            is_last = self._end.is_near
            self._deliver(self._read(), self._now_ns())
        self._delivery.close()

    def _deliver(self, found: list[Reading], now_ns: int) -> None:
        items = {self._item(reading, now_ns): reading for reading in found}
        items.pop(b"", None)
        given_up = set(self._delivery.deliver(list(items)))
        for item, reading in items.items():
            if item not in given_up:
                self._told[reading.name] = reading, now_ns
        lost = len(given_up) + self._delivery.rejected
        if lost:
            self._dropped(lost)

    def _item(self, reading: Reading, now_ns: int) -> bytes:
        if not self._rhythm.delta:
            told, since_ns = reading, self._began_ns
        else:
            before, since_ns = self._told.get(reading.name, (None, self._began_ns))
            told = since(reading, before)
        period = Period(since_ns, now_ns, self._rhythm.delta)
        return metric_item(told, period) if told.series else b""

    def _now_ns(self) -> int:
        return self._clock.now_ms() * NS_A_MS
