"""The loop's side of the consumer: who receives keeps its thread reading."""

import asyncio
import threading
from contextlib import suppress

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.queues.kafka.handover import HandOver
from mainstay.queues.kafka.ledger import Ledger
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.reader import Reader, Tell
from mainstay.queues.kafka.run import Run

RETRY_S = 1.0
STOP_S = 4.0


class Consuming:
    """Reads while wakes are asked for, and leaves the group when they are not.

    So a gateway, which never asks, has no partitions; and those of a worker that
    drains, or stands still, go to others.

    Args:
        options: where, and its times.
        ledger: holds what was read.
        clock: for waits.
    """

    def __init__(self, options: KafkaOptions, ledger: Ledger, clock: Clock) -> None:
        self._options = options
        self._ledger = ledger
        self._clock = clock
        self._news = asyncio.Event()
        self._run: Run | None = None
        self._asked = threading.Event()
        self._asking = 0
        self._asked_s = 0.0
        self._away: QueueUnavailable | None = None
        self._refused: QueueUnavailable | None = None

    def start(self, tell: Tell) -> None:
        """Start the thread, which reads once somebody asks; may be repeated."""
        if self._run is not None:
            return
        self._asked_s = self._clock.monotonic_s() - self._options.idle_s
        self._run = run = Run(HandOver())
        reader = Reader(self._options, self._ledger, self._clock, tell)
        threading.Thread(
            target=self._read,
            args=(reader, tell, run),
            name="kafka-consumer",
            daemon=True,
        ).start()

    async def stop(self) -> None:
        """Leave the group; after 4 s without an answer, leave that to the thread."""
        run, self._run = self._run, None
        if run is None:
            return
        run.stopping.set()
        # Whoever waits, here or there, looks up.
        self._asked.set()
        self.tell_news()
        await run.end(STOP_S)

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` wakes, waiting up to ``wait_s`` seconds for one.

        Raises:
            QueueUnavailable: nothing can be read, and none is left that was.
        """
        until_s = self._clock.monotonic_s() + wait_s
        self._asking += 1
        try:
            while True:
                self._ask()
                news, now_s = self._news, self._clock.monotonic_s()
                if wakes := self._ledger.take(limit, now_s):
                    return wakes
                if (error := self._away or self._refused) is not None:
                    raise QueueUnavailable(str(error)) from error
                if now_s >= until_s:
                    return []
                with suppress(TimeoutError):
                    async with asyncio.timeout(until_s - now_s):
                        await news.wait()
        finally:
            self._asked_s = self._clock.monotonic_s()
            self._asking -= 1

    def tell_news(self) -> None:
        """Wake everybody who waits; who comes later waits for the next news."""
        self._news.set()
        self._news = asyncio.Event()

    def tell_away(self, error: QueueUnavailable | None) -> None:
        """Let receives fail, because Kafka is away; no more without an error."""
        self._away = error
        self.tell_news()

    def tell_refused(self, error: QueueUnavailable | None) -> None:
        """Let receives fail, because Kafka refuses; no more without an error."""
        self._refused = error
        self.tell_news()

    def _ask(self) -> None:
        if self._run is None:
            raise QueueUnavailable("Kafka: the queue is not started")
        self._asked.set()

    def is_wanted(self) -> bool:
        """Tell whether somebody receives, or did a moment ago."""
        idle_s = self._clock.monotonic_s() - self._asked_s
        return self._asking > 0 or idle_s < self._options.idle_s

    def _read(self, reader: Reader, tell: Tell, run: Run) -> None:
        def wanted() -> bool:
            return not run.stopping.is_set() and self.is_wanted()

        while not run.stopping.is_set():
            # In this order: who asks between the two is either seen or ends the wait.
            self._asked.clear()
            if not wanted():
                self._asked.wait()
                continue
            try:
                reader.read(wanted)
            except QueueUnavailable as error:
                tell.refused(error)
                run.stopping.wait(RETRY_S)
            except Exception as error:  # noqa: BLE001 - a reader that died would be missed by nobody
                tell.trouble(f"the reader begins anew: {error!r}")
                run.stopping.wait(RETRY_S)
        run.ended()
