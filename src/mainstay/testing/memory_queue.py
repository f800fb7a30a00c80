"""The queue in memory: the twin of a broker, which knows wakes and no store."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueCapabilities, QueueStats


@dataclass(slots=True)
class _Entry:
    """A wake that nobody acked.

    Args:
        since_ms: when it was published.
        due_ms: when it may be received; moves on with each receive and release.
        handle: of its newest receive; empty while nobody has it.
        again: whether it was published anew while somebody had it.
    """

    since_ms: int
    due_ms: int
    handle: str = ""
    again: bool = False


class MemoryQueue:
    """Keeps one wake a conversation, hides what was received, forgets what was acked.

    Its receivers share the object. A handle that is not the newest acks and releases
    nothing: its wake was received again.

    Args:
        clock: time of delays and visibility; waiting receives sleep on it.
        visibility_s: seconds a received wake stays hidden.
        batch: the most wakes one receive returns.
    """

    def __init__(self, clock: Clock, *, visibility_s: float, batch: int) -> None:
        self._clock = clock
        self._visibility_ms = int(visibility_s * 1000)
        self._batch = batch
        self._entries: dict[str, _Entry] = {}
        self._received = 0
        self._news = asyncio.Event()

    @property
    def capabilities(self) -> QueueCapabilities:
        """What this queue can do: as much as any."""
        return QueueCapabilities(
            max_delay_s=math.inf,
            batch=self._batch,
            exact_stats=True,
            holds=True,
            extend_every_s=self._visibility_ms / 3000,
        )

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Keep the wakes, one a conversation; one that is received comes once more."""
        now_ms = self._clock.now_ms()
        for wake in wakes:
            new = _Entry(now_ms, now_ms)
            entry = self._entries.setdefault(wake.conversation_id, new)
            entry.again = entry.handle != ""
        self._tell()

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return up to ``limit`` due wakes, the longest due first, and hide them."""
        until_s = self._clock.monotonic_s() + wait_s
        while True:
            news = self._news
            wakes = self._take(min(limit, self._batch))
            left_s = until_s - self._clock.monotonic_s()
            if wakes or left_s <= 0:
                return wakes
            await self._pause(news, min(left_s, self._next_s()))

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget the wakes, but for what was published since they were received."""
        for wake in wakes:
            entry = self._newest(wake)
            if entry is not None:
                del self._entries[wake.conversation_id]
                if entry.again:
                    await self.publish([wake])

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Hide what is still received for a whole visibility."""
        due_ms = self._clock.now_ms() + self._visibility_ms
        for wake in wakes:
            entry = self._newest(wake)
            if entry is not None:
                entry.due_ms = due_ms

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Give the wakes back; they are due after ``delay_s`` seconds."""
        due_ms = self._clock.now_ms() + int(delay_s * 1000)
        for wake in wakes:
            entry = self._newest(wake)
            if entry is not None:
                entry.due_ms, entry.handle = due_ms, ""
        self._tell()

    async def stats(self) -> QueueStats:
        """Return exact depth and age; what is dead only a store knows."""
        now_ms = self._clock.now_ms()
        ready = [e for e in self._entries.values() if e.due_ms <= now_ms]
        hidden = [e for e in self._entries.values() if e.due_ms > now_ms]
        in_flight = sum(e.handle != "" for e in hidden)
        age_ms = max((now_ms - e.since_ms for e in ready), default=0)
        delayed = len(hidden) - in_flight
        return QueueStats(len(ready), in_flight, delayed, 0, age_ms / 1000, exact=True)

    def _take(self, limit: int) -> list[Wake]:
        now_ms = self._clock.now_ms()
        due = [(e.due_ms, id_) for id_, e in self._entries.items()]
        wakes: list[Wake] = []
        for _, id_ in sorted(one for one in due if one[0] <= now_ms)[:limit]:
            self._received += 1
            entry = self._entries[id_]
            entry.due_ms = now_ms + self._visibility_ms
            entry.handle, entry.again = str(self._received), False
            wakes.append(Wake(id_, entry.handle))
        return wakes

    def _newest(self, wake: Wake) -> _Entry | None:
        entry = self._entries.get(wake.conversation_id)
        return entry if entry is not None and entry.handle == wake.handle else None

    def _next_s(self) -> float:
        """Return the seconds until the next hidden wake is due."""
        now_ms = self._clock.now_ms()
        hidden = (e.due_ms for e in self._entries.values() if e.due_ms > now_ms)
        return (min(hidden, default=math.inf) - now_ms) / 1000

    def _tell(self) -> None:
        """Wake everybody who waits; who comes later waits for the next news."""
        self._news.set()
        self._news = asyncio.Event()

    async def _pause(self, news: asyncio.Event, seconds: float) -> None:
        either = {
            asyncio.create_task(news.wait()),
            asyncio.create_task(self._clock.sleep(seconds)),
        }
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in either:
                task.cancel()
