"""A broker before the store: whatever the broker does, work is found in time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.queue import QueueStats
from mainstay.ports.telemetry import TelemetryEvent, Trouble
from mainstay.queues.brokered import (
    BATCH,
    CALM_S,
    LOST_MS,
    POLL_S,
    RETRY_S,
    SWEEP_S,
    BrokeredQueue,
)
from mainstay.testing.clock import ManualClock
from mainstay.testing.memory_queue import MemoryQueue

TURN_S = 600.0


class Broker(MemoryQueue):
    """A broker with faults."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, visibility_s=TURN_S, batch=100)
        self.clock = clock
        self.fault: Exception | None = None
        self.deaf = False
        self.hangs = False
        self.received = 0

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Take wakes, or fail, or neither for ever."""
        if self.hangs:
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault
        await super().publish(wakes)

    async def stats(self) -> QueueStats:
        """Count, or fail."""
        if self.fault is not None:
            raise self.fault
        return await super().stats()

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Bring wakes, fail, or say for ever that there are none."""
        self.received += 1
        if self.fault is not None:
            raise self.fault
        if self.deaf:
            await self.clock.sleep(wait_s)
            return []
        return await super().receive(limit, wait_s)


class Schedule:
    """What is due in a store, and since when."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._due: dict[str, int] = {}
        self.looks = 0

    def add(self, conversation_id: str) -> None:
        """Accept a message."""
        self._due[conversation_id] = self._clock.now_ms()

    async def take(self, limit: int, hide_ms: int, *, due_for_ms: int = 0) -> list[str]:
        """Return what has been due for long enough."""
        self.looks += 1
        since_ms = self._clock.now_ms() - due_for_ms
        found = [id_ for id_, at_ms in self._due.items() if at_ms <= since_ms][:limit]
        for id_ in found:
            del self._due[id_]
        return found

    async def give_back(self, conversation_ids: Sequence[str], delay_ms: int) -> None:
        """Show them again."""
        for id_ in conversation_ids:
            self.add(id_)

    async def stats(self) -> QueueStats:
        """Count."""
        return QueueStats(len(self._due), 0, 0, 0, 0, exact=True)


class Stage:
    """A queue, and what it stands on."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.broker = Broker(self.clock)
        self.schedule = Schedule(self.clock)
        self.troubles: list[str] = []
        self.queue = BrokeredQueue(self.broker, self.schedule, self.clock, self)

    def emit(self, event: TelemetryEvent) -> None:
        """Note a trouble."""
        assert isinstance(event, Trouble)
        self.troubles.append(f"{event.where}: {event.error}")

    async def accept(self, conversation_id: str) -> None:
        """Store work and publish its wake."""
        self.schedule.add(conversation_id)
        await self.queue.publish([Wake(conversation_id)])

    async def found_within(self, seconds: float) -> list[str]:
        """Return what one receiver gets in so many seconds."""
        got: list[str] = []

        async def receive() -> None:
            while True:
                got.extend(w.conversation_id for w in await self.queue.receive(10, 5))

        receiving = asyncio.create_task(receive())
        await self.clock.run_for(seconds)
        receiving.cancel()
        await asyncio.wait([receiving])
        return got


@pytest.fixture
async def stage() -> AsyncGenerator[Stage]:
    """Return a queue that relays."""
    one = Stage()
    await one.queue.start()
    yield one
    await one.queue.stop()


async def test_the_broker_brings_a_wake_at_once(stage: Stage) -> None:
    """While it works, nobody waits for the sweep."""
    await stage.accept("a")
    assert await stage.found_within(0.01) == ["a"]
    assert stage.troubles == []


async def test_a_broker_that_falls_silent_loses_nothing(stage: Stage) -> None:
    """A consumer that was cancelled without a word receives nothing for ever."""
    stage.broker.deaf = True
    await stage.accept("a")
    assert await stage.found_within(LOST_MS / 1000 + 1.0) == ["a"]


async def test_without_the_broker_the_store_is_polled(stage: Stage) -> None:
    """New work is found ten times a second, and the trouble is told once."""
    stage.broker.fault = QueueUnavailable("nobody listens")
    await stage.found_within(1)
    await stage.accept("a")
    assert await stage.found_within(2 * POLL_S) == ["a"]
    assert sum("polling the store" in told for told in stage.troubles) == 1


async def test_a_broker_that_is_back_is_used_again(stage: Stage) -> None:
    """It is asked every second, and its return is told."""
    stage.broker.fault = QueueUnavailable("nobody listens")
    await stage.found_within(3)
    stage.broker.fault = None
    await stage.found_within(RETRY_S + POLL_S + SWEEP_S)
    assert stage.troubles[-1] == "queue: the broker is back"
    looks = stage.schedule.looks
    await stage.found_within(5)
    assert stage.schedule.looks - looks <= 6


async def test_a_publish_never_waits_for_the_broker(stage: Stage) -> None:
    """Accept goes on: what cannot be sent is left to the store, and no memory grows."""
    stage.broker.fault = QueueUnavailable("nobody listens")
    for n in range(30_000):
        await stage.queue.publish([Wake(str(n))])
    await stage.clock.run_for(1)
    stage.broker.fault = None
    await stage.clock.run_for(1)
    await stage.accept("new")
    assert await stage.found_within(0.01) == ["new"]


async def test_publishes_that_fail_are_told_once(stage: Stage) -> None:
    """Also when some get through between them; their end is told once it is calm."""
    fault = QueueUnavailable("the queue is full")
    for n in range(100):
        stage.broker.fault = None if n % 5 == 4 else fault
        await stage.queue.publish([Wake(str(n))])
        await stage.clock.run_for(POLL_S)
    assert stage.troubles == ["queue.publish: the queue is full"]
    stage.broker.fault = None
    await stage.clock.run_for(CALM_S)
    await stage.queue.publish([Wake("calm"), Wake("calmer")])
    await stage.clock.run_for(POLL_S)
    assert stage.troubles[1:] == ["queue.publish: wakes are taken again"]


async def test_a_stop_sends_what_was_handed_over(stage: Stage) -> None:
    """A worker that drains passes its last turns on; nobody has to wait for a sweep."""
    for n in range(2 * BATCH):
        await stage.queue.publish([Wake(str(n))])
    await stage.queue.stop()
    assert len(await stage.broker.receive(2 * BATCH, 0)) == BATCH
    assert len(await stage.broker.receive(2 * BATCH, 0)) == BATCH
    await stage.queue.stop()


async def test_a_stop_does_not_wait_for_a_broker_that_hangs(stage: Stage) -> None:
    """It gives up after a second; what was not sent stays due in the store."""
    stage.broker.hangs = True
    await stage.queue.publish([Wake("a")])
    async with asyncio.timeout(5):
        await stage.queue.stop()
        await stage.queue.stop()


async def test_a_dispatch_that_throws_takes_no_other_with_it(stage: Stage) -> None:
    """Whatever a client raises, the relay goes on with what comes next."""
    stage.broker.fault = ValueError("nobody expected this")
    for n in range(2 * BATCH):
        stage.schedule.add(str(n))
        await stage.queue.publish([Wake(str(n))])
    await stage.clock.run_for(1)
    stage.broker.fault = None
    await stage.accept("new")
    assert (await stage.found_within(0.01))[0] == "new"
    swept = await stage.found_within(LOST_MS / 1000 + 60)
    assert set(swept) >= {str(n) for n in range(2 * BATCH)}
    assert any("nobody expected this" in told for told in stage.troubles)


async def test_a_broker_that_is_away_is_told_without_its_host(stage: Stage) -> None:
    """Whoever asks for health learns the kind; the log has the words."""
    away = QueueUnavailable("amqp://10.1.2.3: refused")
    away.__cause__ = ConnectionRefusedError("10.1.2.3")
    stage.broker.fault = away
    found = await stage.queue.reach()
    assert (found.ok, found.words) == (False, str(away))
    assert found.detail == "cannot be used now: ConnectionRefusedError"


async def test_a_wake_of_the_store_is_not_the_brokers(stage: Stage) -> None:
    """It is given back to where it came from; an ack of it tells the broker nothing."""
    stage.broker.fault = QueueUnavailable("nobody listens")
    stage.schedule.add("a")
    receiving = asyncio.create_task(stage.queue.receive(10, 1))
    await stage.clock.run_for(1)
    [wake] = await receiving
    await stage.queue.ack([wake])
    await stage.queue.extend([wake])
    await stage.queue.release([wake], 0)
    assert (await stage.queue.stats()).ready == 1
