"""How late the event loop comes: what blocks it blocks every customer's turn."""

from collections.abc import Callable

from mainstay.ports.clock import Clock
from mainstay.resilience.background import Background

EVERY_S = 0.25


class LoopLag:
    """Wakes four times a second and tells by how much that came too late.

    Args:
        lagged: takes seconds; 0 when it came in time.
        clock: monotonic time.
    """

    def __init__(self, lagged: Callable[[float], None], clock: Clock) -> None:
        self._lagged = lagged
        self._clock = clock
        self._looking = Background(self._look)

    async def start(self) -> None:
        """Start to measure."""
        await self._looking.start()

    async def stop(self) -> None:
        """Stop measuring; may be repeated."""
        await self._looking.stop()

    async def _look(self) -> None:
        while True:
            due_s = self._clock.monotonic_s() + EVERY_S
            await self._clock.sleep(EVERY_S)
            self._lagged(max(0.0, self._clock.monotonic_s() - due_s))
