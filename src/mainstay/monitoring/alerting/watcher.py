"""Watches over alerts: one process of the deployment does, and others wait to follow.

While the store is away, the watcher goes on by itself: that the store is away is one of
the things to be told, and nobody can follow meanwhile.
"""

import asyncio
from contextlib import suppress

from mainstay.domain.errors import StoreUnavailable
from mainstay.monitoring.alerting.office import RIGHT_S, SEND_S, Office
from mainstay.monitoring.alerting.surroundings import Surroundings
from mainstay.resilience.background import Background

EVERY_S = 15.0
"""Between the starts of two rounds."""

WAIT_S = 5.0
"""Between two looks whether the right to watch is free."""

PATIENCE_S = 2 * EVERY_S
"""From a process's start, or the last look at which the store was away: for so long the
right is left to its owner though its time is over. The owner has looked by then, and
only it knows what it told meanwhile."""

LEAVE_S = 5.0
LEAST_PAUSE_S = 1.0


class Watcher:
    """Watches, or waits to.

    Args:
        around: what it stands on.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._office: Office | None = None
        self._patient_s = around.clock.monotonic_s() + PATIENCE_S
        self._idle = asyncio.Event()
        self._idle.set()
        self._going = Background(self._go)

    async def start(self) -> None:
        """Start to watch or wait; may be repeated."""
        await self._going.start()

    async def stop(self) -> None:
        """Stop, and let another process follow at once; may be repeated.

        What is on its way to somebody gets the time to arrive.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(SEND_S):
                await self._idle.wait()
        await self._going.stop()
        office, self._office = self._office, None
        if office is not None:
            with suppress(StoreUnavailable, TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await office.leave()
            office.close()

    async def _go(self) -> None:
        clock = self._around.clock
        while True:
            began_s, pause_s = clock.monotonic_s(), WAIT_S
            self._idle.clear()
            try:
                pause_s = EVERY_S if await self._watched() else WAIT_S
            except Exception as error:  # noqa: BLE001 - watching must outlive any fault
                self._around.trouble(repr(error))
            finally:
                # Also when it was broken off, or a second stop would wait for it.
                self._idle.set()
            took_s = clock.monotonic_s() - began_s
            await clock.sleep(max(pause_s - took_s, LEAST_PAUSE_S))

    async def _watched(self) -> bool:
        """Play a round if this process has the right to; return whether it has."""
        around, clock = self._around, self._around.clock
        patient = clock.monotonic_s() < self._patient_s
        try:
            epoch = await around.shared.watch(around.owner, RIGHT_S, patient=patient)
        except StoreUnavailable as error:
            self._patient_s = clock.monotonic_s() + PATIENCE_S
            around.trouble(str(error))
            if self._office is not None:
                await self._office.play(alone=True)
            return self._office is not None
        await self._move(epoch)
        if self._office is None:
            return False
        await self._office.play(alone=False)
        return True

    async def _move(self, epoch: int | None) -> None:
        """Leave an office that another one has by now, enter one that is free."""
        if self._office is not None and self._office.epoch != epoch:
            self._office.close()
            self._office = None
        if self._office is None and epoch is not None:
            office = Office(epoch, self._around)
            await office.recall()
            self._office = office
