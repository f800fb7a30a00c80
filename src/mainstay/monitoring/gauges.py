"""Keeps the backlog's gauges fresh."""

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.clock import Clock
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Trouble
from mainstay.resilience.every import Every

EVERY_S = 5.0


class Gauges:
    """Reads the queue's figures every 5 s.

    Args:
        queue: whose depth and age.
        monitoring: where they are shown.
        clock: for the pauses.
    """

    def __init__(self, queue: Queue, monitoring: Monitoring, clock: Clock) -> None:
        self._queue = queue
        self._monitoring = monitoring
        self._looking = Every(EVERY_S, self._look, clock)

    async def start(self) -> None:
        """Read once, then go on in the background."""
        await self._look()
        await self._looking.start()

    async def stop(self) -> None:
        """Stop reading; may be repeated."""
        await self._looking.stop()

    async def _look(self) -> None:
        try:
            self._monitoring.set_queue(await self._queue.stats())
        except StoreUnavailable as error:
            self._monitoring.emit(Trouble("gauges", str(error)))
        except Exception as error:  # noqa: BLE001 - or the gauges would stand still
            self._monitoring.emit(Trouble("gauges", repr(error)))
