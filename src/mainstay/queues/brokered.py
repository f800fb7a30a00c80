"""A broker before the store: what the broker fails to bring, the store does.

A due conversation in the store is an unsent wake: that is the outbox. Publishing hands
wakes to a relay and never waits for the broker; what does not get through stays due.
Receiving sweeps the store for what has been due for too long, and polls it while the
broker is away.
"""

import asyncio
from collections.abc import Sequence

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding, fault_of
from mainstay.ports.queue import Queue, QueueCapabilities, QueueStats
from mainstay.ports.schedule import Schedule
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.background import end

SWEEP_S = 1.0
"""How often the store is looked into while the broker works."""

POLL_S = 0.1
"""How often, while it does not."""

LOST_MS = 2_000
"""A wake that did not bring its work to anybody in this time is taken for lost."""

RETRY_S = 1.0
CALM_S = 10.0
"""Publishes that fail now and then are one trouble until none has for this long."""

LAST_S = 1.0
"""What a stop gives to wakes that were handed to the relay just before."""

HIDE_MS = 2_000
MAX_PENDING = 10_000
BATCH = 100
STORE = "store"


class BrokeredQueue:
    """Implements ``ports.Queue`` on a broker and a schedule.

    Args:
        broker: carries the wakes.
        schedule: the store's view of due conversations.
        clock: for sweeps.
        telemetry: is told when the broker goes and when it is back.
    """

    def __init__(
        self, broker: Queue, schedule: Schedule, clock: Clock, telemetry: Telemetry
    ) -> None:
        self._broker = broker
        self._schedule = schedule
        self._clock = clock
        self._telemetry = telemetry
        self._pending: dict[str, Wake] = {}
        self._news = asyncio.Event()
        self._relaying: asyncio.Task[None] | None = None
        self._stopping = False
        self._swept_s = -SWEEP_S
        self._away_until_s: float | None = None
        self._failing_until_s: float | None = None

    @property
    def capabilities(self) -> QueueCapabilities:
        """What the broker can do."""
        return self._broker.capabilities

    async def start(self) -> None:
        """Start the relay; may be repeated."""
        if self._relaying is None:
            self._stopping = False
            self._relaying = asyncio.create_task(self._relay())

    async def stop(self) -> None:
        """Send what is pending, for a second at most; may be repeated.

        What is left stays due in the store.
        """
        relaying, self._relaying = self._relaying, None
        if relaying is not None:
            self._stopping = True
            self._news.set()
            await asyncio.wait([relaying], timeout=LAST_S)
            await end(relaying)

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Hand the wakes to the relay; past 10,000 that wait, the store keeps them."""
        for wake in wakes:
            if len(self._pending) < MAX_PENDING:
                self._pending[wake.conversation_id] = wake
        self._news.set()

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return what the broker brings, or what it should have brought."""
        until_s = self._clock.monotonic_s() + wait_s
        while True:
            if swept := await self._sweep(limit):
                return swept
            left_s = until_s - self._clock.monotonic_s()
            wakes = await self._from_broker(limit, max(0.0, left_s))
            if wakes or left_s <= 0:
                return wakes

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Forget the broker's wakes; one that cannot be told comes again."""
        if brought := _of_broker(wakes):
            await self._broker.ack(brought)

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Keep the broker's wakes hidden."""
        if brought := _of_broker(wakes):
            await self._broker.extend(brought)

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Give the wakes back to where they came from.

        Raises:
            ValueError: the delay is longer than the broker's; nothing was given back.
        """
        longest_s = self.capabilities.max_delay_s
        if delay_s > longest_s:
            raise ValueError(f"the longest delay is {longest_s:g} s: {delay_s:g}")
        # The broker first: what it holds for us no visibility ends.
        if brought := _of_broker(wakes):
            await self._broker.release(brought, delay_s)
        swept = [w.conversation_id for w in wakes if w.handle == STORE]
        if swept:
            await self._schedule.give_back(swept, int(delay_s * 1000))

    async def reach(self) -> Finding:
        """Tell whether the broker answers; without it, workers look into the store."""
        try:
            there = await self._broker.stats()
        except QueueUnavailable as error:
            return fault_of(error)
        return Finding(True, f"{there.ready} wakes")

    async def stats(self) -> QueueStats:
        """Return the store's figures: a broker counts wakes, the store counts work."""
        return await self._schedule.stats()

    async def _sweep(self, limit: int) -> list[Wake]:
        now_s = self._clock.monotonic_s()
        away = self._away_until_s is not None
        if now_s - self._swept_s < (POLL_S if away else SWEEP_S):
            return []
        self._swept_s = now_s
        due_for_ms = 0 if away else LOST_MS
        limit = min(limit, self._broker.capabilities.batch)
        ids = await self._schedule.take(limit, HIDE_MS, due_for_ms=due_for_ms)
        return [Wake(id_, STORE) for id_ in ids]

    async def _from_broker(self, limit: int, wait_s: float) -> list[Wake]:
        now_s = self._clock.monotonic_s()
        if self._away_until_s is not None and now_s < self._away_until_s:
            await self._clock.sleep(min(wait_s, POLL_S))
            return []
        try:
            wakes = await self._broker.receive(limit, min(wait_s, SWEEP_S))
        except QueueUnavailable as error:
            self._is_away(error)
            return []
        self._is_back()
        return wakes

    async def _relay(self) -> None:
        while not self._stopping:
            await self._news.wait()
            self._news.clear()
            while self._pending:
                await self._send()

    async def _send(self) -> None:
        ids = list(self._pending)[:BATCH]
        wakes = [self._pending.pop(id_) for id_ in ids]
        try:
            await self._broker.publish(wakes)
        except Exception as error:  # noqa: BLE001 - whatever it is, the relay goes on
            self._fails(error)
            # Left to the sweep: to hold on to them would only delay newer ones.
            self._pending.clear()
            await self._clock.sleep(POLL_S)
        else:
            self._succeeds()

    def _fails(self, error: Exception) -> None:
        if self._failing_until_s is None:
            self._telemetry.emit(Trouble("queue.publish", str(error)))
        self._failing_until_s = self._clock.monotonic_s() + CALM_S

    def _succeeds(self) -> None:
        until_s = self._failing_until_s
        if until_s is not None and self._clock.monotonic_s() >= until_s:
            self._failing_until_s = None
            self._telemetry.emit(Trouble("queue.publish", "wakes are taken again"))

    def _is_away(self, error: QueueUnavailable) -> None:
        if self._away_until_s is None:
            self._telemetry.emit(Trouble("queue", f"polling the store: {error}"))
        self._away_until_s = self._clock.monotonic_s() + RETRY_S

    def _is_back(self) -> None:
        if self._away_until_s is not None:
            self._away_until_s = None
            self._telemetry.emit(Trouble("queue", "the broker is back"))


def _of_broker(wakes: Sequence[Wake]) -> list[Wake]:
    return [wake for wake in wakes if wake.handle != STORE]
