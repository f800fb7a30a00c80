"""Items that wait to be delivered: so many at most, by a thread of their own."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mainstay.monitoring.otlp.delivery import Delivery
from mainstay.monitoring.otlp.end import End

MAX_WAITING_BYTES = 8_000_000
"""Of one outbox; reached only where items are large, before its number of items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batching:
    """How items are gathered; the defaults are OpenTelemetry's for spans.

    Args:
        delay_s: seconds that an item waits for others, at most.
        most: items that wait; later ones are dropped.
        batch: items that one delivery takes, at most.
    """

    delay_s: float = 5.0
    most: int = 2048
    batch: int = 512


class Outbox:
    """Takes items without ever waiting, and delivers them behind everybody's back.

    Args:
        name: of the thread.
        delivery: what the thread delivers by.
        batching: how.
        end: of the thread.
        dropped: called, in the thread, with the number of items that were dropped
            since the last time.
    """

    def __init__(
        self,
        name: str,
        delivery: Delivery,
        batching: Batching,
        end: End,
        dropped: Callable[[int], None],
    ) -> None:
        self._delivery = delivery
        self._batching = batching
        self._batch = min(batching.batch, batching.most)
        self._end = end
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._lost = 0
        self._dropped = dropped
        self._full = threading.Event()
        # A receiver that hangs must not keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return len(self._waiting)

    @property
    def is_running(self) -> bool:
        """Whether its thread has not ended."""
        return self._thread.is_alive()

    def put(self, item: bytes) -> None:
        """Take an item, or drop it where there is no room."""
        with self._lock:
            count, size = len(self._waiting) + 1, self._bytes + len(item)
            if count > self._batching.most or size > MAX_WAITING_BYTES:
                self._lost += 1
                return
            self._waiting.append(item)
            self._bytes = size
        if count == self._batch:
            self._full.set()

    def start(self) -> None:
        """Start to deliver."""
        self._thread.start()

    def stop(self, at_s: float) -> None:
        """Deliver what there is and end, by a moment of monotonic time; returns now."""
        self._end.ask(at_s)
        self._full.set()

    def join(self, within_s: float) -> None:
        """Return when the thread has ended, or after some seconds."""
        self._thread.join(max(within_s, 0))

    def _run(self) -> None:
        while not self._end.is_near:
            self._full.wait(self._batching.delay_s)
            self._full.clear()
            self._deliver_next()
            while len(self._waiting) >= self._batch and not self._end.is_near:
                self._deliver_next()
        # Not until none waits: a line of the log that tells of lost ones is a new one.
        for _ in range(0, len(self._waiting), self._batch):
            self._deliver_next()
        self._delivery.close()

    def _deliver_next(self) -> None:
        with self._lock:
            count = min(self._batch, len(self._waiting))
            items = [self._waiting.popleft() for _ in range(count)]
            self._bytes -= sum(map(len, items))
        failed = self._failed(items) if items else 0
        with self._lock:
            lost, self._lost = self._lost + failed, 0
        if lost:
            self._dropped(lost)

    def _failed(self, items: Sequence[bytes]) -> int:
        """Deliver items, and return how many of them are lost."""
        return len(self._delivery.deliver(items)) + self._delivery.rejected
