"""The backlog's gauges go on, whatever the store does."""

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.gauges import EVERY_S, Gauges
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.queue import QueueStats
from mainstay.testing.clock import ManualClock
from mainstay.testing.memory_queue import MemoryQueue


class Faulty(MemoryQueue):
    """Tells its figures, or raises what a test says."""

    fault: Exception | None = None
    ready = 1

    async def stats(self) -> QueueStats:
        """Return the figures."""
        if self.fault is not None:
            raise self.fault
        return QueueStats(self.ready, 0, 0, 0, 0.0, exact=True)


def depth(monitoring: Monitoring) -> str:
    """Return what the gauge shows."""
    name = 'mainstay_queue_depth{state="ready"} '
    _, _, rest = monitoring.render().decode().partition(name)
    return rest.splitlines()[0]


async def test_no_fault_makes_the_gauges_stand_still() -> None:
    """One that is expected, and one that is not: the next look shows the truth."""
    clock, monitoring = ManualClock(), Monitoring()
    queue = Faulty(clock, visibility_s=2, batch=10)
    gauges = Gauges(queue, monitoring, clock)
    await gauges.start()
    assert depth(monitoring) == "1.0"
    for fault in (StoreUnavailable("gone"), RuntimeError("odd")):
        queue.fault, queue.ready = fault, queue.ready + 1
        await clock.run_for(EVERY_S)
        queue.fault = None
        await clock.run_for(EVERY_S)
        assert depth(monitoring) == f"{queue.ready}.0"
    await gauges.stop()
