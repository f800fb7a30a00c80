"""Something done again and again in the background."""

from collections.abc import Awaitable, Callable

from mainstay.ports.clock import Clock
from mainstay.resilience.background import Background


class Every:
    """Does work again and again, with pauses between, from ``start`` to ``stop``.

    Args:
        pause_s: seconds between the end of one round and the start of the next.
        work: one round; must deal with its own faults.
        clock: for the pauses.
        at_once: whether the first round comes before the first pause.
    """

    def __init__(
        self,
        pause_s: float,
        work: Callable[[], Awaitable[None]],
        clock: Clock,
        *,
        at_once: bool = False,
    ) -> None:
        self._pause_s = pause_s
        self._work = work
        self._clock = clock
        self._at_once = at_once
        self._rounds = Background(self._go)

    async def start(self) -> None:
        """Start; not even a first round that comes at once is waited for."""
        await self._rounds.start()

    async def stop(self) -> None:
        """Stop, in the middle of a round if need be; may be repeated."""
        await self._rounds.stop()

    async def _go(self) -> None:
        if self._at_once:
            await self._work()
        while True:
            await self._clock.sleep(self._pause_s)
            await self._work()
