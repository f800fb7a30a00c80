"""One run of a client's thread, from start to stop."""

import asyncio
import threading
from contextlib import suppress

from mainstay.queues.kafka.handover import HandOver


class Run:
    """Tells a thread to end, and the loop that it has.

    A thread that is slow to end keeps its run; who starts anew has another one.

    Args:
        hand_over: to the loop that waits.
    """

    def __init__(self, hand_over: HandOver) -> None:
        self.stopping = threading.Event()
        self.hand_over = hand_over
        self._ended = asyncio.Event()

    def ended(self) -> None:
        """Say, as the thread, that this was its last act."""
        self.hand_over(self._ended.set)

    async def end(self, within_s: float) -> None:
        """Return when the thread has ended; later it is left to itself."""
        self.stopping.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._ended.wait()
