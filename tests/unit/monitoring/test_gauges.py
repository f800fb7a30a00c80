"""The gauges go on, whatever the store does."""

import asyncio

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.gauges import EVERY_S, Gauges, Look
from mainstay.monitoring.telemetry import Monitoring
from mainstay.testing.clock import ManualClock


class Reading:
    """Counts the looks, and fails or hangs when a test says so."""

    def __init__(self) -> None:
        self.looks = 0
        self.fault: Exception | None = None
        self.hangs = False

    async def read(self) -> None:
        """Look once."""
        self.looks += 1
        if self.fault is not None:
            raise self.fault
        if self.hangs:
            await asyncio.Event().wait()


async def test_no_fault_makes_the_gauges_stand_still() -> None:
    """One that is expected, and one that is not: each is told, the looks go on."""
    clock, monitoring, reading = ManualClock(), Monitoring("CRITICAL"), Reading()
    gauges = Gauges([Look(reading.read)], monitoring, clock)
    await gauges.start()
    assert reading.looks == 1
    for n, fault in enumerate((StoreUnavailable("gone"), RuntimeError("odd")), 1):
        reading.fault = fault
        await clock.run_for(EVERY_S)
        assert reading.looks == n + 1
        told = f'mainstay_troubles_total{{where="gauges"}} {n}.0'
        assert told.encode() in monitoring.render()
    await gauges.stop()


async def test_one_that_hangs_holds_no_other_up() -> None:
    """A disk that is away leaves the backlog's figures fresh; both end at once."""
    clock, monitoring = ManualClock(), Monitoring("CRITICAL")
    stuck, fine = Reading(), Reading()
    stuck.hangs = True
    looks = [Look(stuck.read, at_start=False), Look(fine.read)]
    gauges = Gauges(looks, monitoring, clock)
    await gauges.start()
    await clock.run_for(3 * EVERY_S)
    assert (stuck.looks, fine.looks) == (1, 4)
    await gauges.stop()


async def test_the_start_waits_for_the_slowest_look_and_not_for_their_sum() -> None:
    """A store that is late at everything delays a restart by one time-out."""
    second = asyncio.Event()

    async def wait() -> None:
        async with asyncio.timeout(5):
            await second.wait()

    async def go_on() -> None:
        second.set()

    monitoring = Monitoring("CRITICAL")
    gauges = Gauges([Look(wait), Look(go_on)], monitoring, ManualClock())
    await gauges.start()
    await gauges.stop()
    assert b'mainstay_troubles_total{where="gauges"}' not in monitoring.render()


async def test_a_slow_look_does_not_hold_the_start_up() -> None:
    """It is made first thing in the background, then at its own pace."""
    clock, reading = ManualClock(), Reading()
    look = Look(reading.read, every_s=60.0, at_start=False)
    gauges = Gauges([look], Monitoring("CRITICAL"), clock)
    await gauges.start()
    assert reading.looks == 0
    await clock.run_for(30.0)
    assert reading.looks == 1
    await clock.run_for(31.0)
    assert reading.looks == 2
    await gauges.stop()
