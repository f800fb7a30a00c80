"""The backlog, as it was read last."""

from mainstay.monitoring.metrics.state import StateMetrics
from mainstay.ports.queue import Queue, QueueStats


class Backlog:
    """Reads how much there is to do, and shows it.

    Args:
        queue: tells its depth.
        state: the metrics that show it.
    """

    def __init__(self, queue: Queue, state: StateMetrics) -> None:
        self._queue = queue
        self._state = state
        self._latest: QueueStats | None = None

    async def read(self) -> None:
        """Read it; raises what the queue raises, and keeps the newest figures then."""
        self._latest = await self._queue.stats()
        self._state.set_queue(self._latest)

    def ready(self) -> int:
        """Return how many conversations are ready; 0 while that is not known."""
        return 0 if self._latest is None else self._latest.ready
