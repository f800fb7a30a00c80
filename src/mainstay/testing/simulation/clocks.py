"""The clocks of a simulated world: the store's, and one in each process."""

import asyncio

from mainstay.testing.simulation.loop import SimulatedLoop

START_MS = 1_700_000_000_000


class StoreClock:
    """The database's clock; it may be set, forward only.

    Args:
        loop: makes the time.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._offset_ms = 0

    def step(self, seconds: float) -> None:
        """Set it forward by so much at once."""
        self._offset_ms += int(seconds * 1000)

    def now_ms(self) -> int:
        """Return Unix time in milliseconds."""
        return START_MS + self._offset_ms + int(self._loop.time() * 1000)

    def monotonic_s(self) -> float:
        """Return seconds that nobody sets."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` seconds."""
        await _pass(seconds)


class ProcessClock:
    """A process's view of the time: its quartz is a little fast or slow.

    Unix time is the store's, as the process estimates it.

    Args:
        store: the store's clock.
        off_ms: how far the estimate is off.
        drift: how much faster its seconds are, as a share.
    """

    def __init__(self, store: StoreClock, off_ms: int, drift: float) -> None:
        self._store = store
        self._off_ms = off_ms
        self._rate = 1.0 + drift

    def now_ms(self) -> int:
        """Return Unix time in milliseconds, as far as the process knows."""
        return self._store.now_ms() + self._off_ms

    def monotonic_s(self) -> float:
        """Return seconds by its own quartz."""
        return self._store.monotonic_s() * self._rate

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of its own seconds."""
        await _pass(seconds / self._rate)


async def _pass(seconds: float) -> None:
    await asyncio.sleep(seconds)  # noqa: TID251 - simulated time, of the loop above
