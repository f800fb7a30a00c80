"""A queue that drills can stall, and whose workers answer when they are called."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.queue import Queue, QueueCapabilities, QueueStats

CALL = "check_"
"""Begins what is no conversation: a call, to which whoever receives it answers."""

LOOK_S = 0.25
"""How often a receive that is stalled looks whether it may go on."""


@dataclass(frozen=True, slots=True)
class Drill:
    """What drills do to a queue.

    Args:
        is_stalled: whether nothing is handed out now; asked at each receive.
        called: returns a call that was made in the store, None without one.
        answer: takes the name of a call.
        clock: for the stall.
    """

    is_stalled: Callable[[], bool]
    called: Callable[[], str | None]
    answer: Callable[[str], Awaitable[None]]
    clock: Clock


class DrilledQueue:
    """Implements ``ports.Queue`` in front of the real one, for one worker.

    Args:
        queue: the real one.
        drill: what is done to it.
    """

    def __init__(self, queue: Queue, drill: Drill) -> None:
        self._queue = queue
        self._drill = drill

    @property
    def capabilities(self) -> QueueCapabilities:
        """What the real one can do."""
        return self._queue.capabilities

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Make the wakes receivable."""
        await self._queue.publish(wakes)

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return wakes, none while it is stalled; calls are answered, and left out."""
        if self._drill.is_stalled():
            await self._drill.clock.sleep(min(wait_s, LOOK_S))
            return []
        wakes = await self._queue.receive(limit, wait_s)
        if call := self._drill.called():
            await self._drill.answer(call)
        calls = [wake for wake in wakes if wake.conversation_id.startswith(CALL)]
        if not calls:
            return wakes
        await self._hear(calls)
        return [wake for wake in wakes if wake not in calls]

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget the wakes."""
        await self._queue.ack(wakes)

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Keep received wakes hidden."""
        await self._queue.extend(wakes)

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Give the wakes back."""
        await self._queue.release(wakes, delay_s)

    async def stats(self) -> QueueStats:
        """Return depth and age."""
        return await self._queue.stats()

    async def _hear(self, calls: Sequence[Wake]) -> None:
        """Answer, then ack; a call that could not be acked is answered once more."""
        for call in calls:
            await self._drill.answer(call.conversation_id)
        try:
            await self._queue.ack(calls)
        except QueueUnavailable:
            return
