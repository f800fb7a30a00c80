"""Looks go on, whatever one of them raises."""

import asyncio

from mainstay.caches.lookout import Lookout
from mainstay.ports.telemetry import TelemetryEvent, Trouble


class Ear:
    """Telemetry that tells at once what it hears."""

    def __init__(self) -> None:
        self.events: list[TelemetryEvent] = []
        self.heard = asyncio.Event()

    def emit(self, event: TelemetryEvent) -> None:
        """Hear it."""
        self.events.append(event)
        self.heard.set()


async def test_a_look_that_fails_is_told_and_others_follow() -> None:
    """A fault that nobody foresaw must not end them in silence."""
    looked, ear = asyncio.Event(), Ear()
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise RuntimeError("out of order")
        if looks == 3:
            looked.set()

    lookout = Lookout(look, "pools", ear)
    await lookout.start()
    try:
        async with asyncio.timeout(10):
            lookout.nudge()
            await ear.heard.wait()
            lookout.nudge()
            await looked.wait()
    finally:
        await lookout.stop()
    assert ear.events == [Trouble("pools", "RuntimeError('out of order')")]
