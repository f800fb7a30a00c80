"""Queues on one Kafka broker, and their receivers."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from mainstay.domain.wake import Wake
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.ports.telemetry import TelemetryEvent, Trouble
from mainstay.queues.kafka.address import options_of
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.queue import KafkaQueue
from mainstay.queues.kafka.setup import init
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.kafka import KafkaServer

VISIBILITY_S = 1.5
BATCH = 20
PARTITIONS = 4


class Troubles:
    """Keeps what a queue lives with."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Keep it."""
        assert isinstance(event, Trouble)
        self.texts.append(event.error)


def options(server: KafkaServer, **changed: Any) -> KafkaOptions:
    """Return the options of a topic that nobody has."""
    return options_at(server.url(SystemIds().new("wakes")), **changed)


def options_at(url: str, **changed: Any) -> KafkaOptions:
    """Return options with short times."""
    given = {
        "partitions": PARTITIONS,
        "timeout_s": 2.0,
        "session_s": 10.0,
        "heartbeat_s": 0.1,
        "poll_interval_s": 10.0,
        **changed,
    }
    return replace(options_of(url, batch=BATCH, visibility_s=VISIBILITY_S), **given)


def remove(of: KafkaOptions, topic: str) -> None:
    """Delete a topic."""
    admin = AdminClient({"bootstrap.servers": of.servers})
    admin.delete_topics([topic])[topic].result(10)


async def made(server: KafkaServer, **changed: Any) -> KafkaOptions:
    """Make a topic with its dead letters."""
    fresh = options(server, **changed)
    await init(fresh)
    return fresh


@asynccontextmanager
async def receiver(
    of: KafkaOptions, troubles: Troubles | None = None
) -> AsyncGenerator[KafkaQueue]:
    """Start a receiver of a topic."""
    queue = KafkaQueue(of, SystemClock(), troubles or Troubles())
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()


class Members:
    """Several receivers of one topic, asked together.

    A wake reaches the receiver that has its conversation's partition, and only that one
    can ack it: so the two behave as one only when both are asked.

    Args:
        queues: the receivers.
    """

    def __init__(self, queues: Sequence[KafkaQueue]) -> None:
        self._queues = queues

    @property
    def capabilities(self) -> QueueCapabilities:
        """What each of them can do."""
        return self._queues[0].capabilities

    async def publish(self, wakes: Sequence[Wake]) -> None:
        """Let the first publish."""
        await self._queues[0].publish(wakes)

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Return what the first of them to have something has."""
        for at, queue in enumerate(self._queues):
            if wakes := await queue.receive(limit, 0):
                return self._marked(at, wakes)
        if not wait_s:
            return []
        return await self._first(limit, wait_s)

    async def ack(self, wakes: Sequence[Wake]) -> None:
        """Let whoever received them ack them."""
        for queue, own in self._sorted(wakes):
            await queue.ack(own)

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Let whoever received them extend them."""
        for queue, own in self._sorted(wakes):
            await queue.extend(own)

    async def release(self, wakes: Sequence[Wake], delay_s: float) -> None:
        """Let whoever received them release them."""
        for queue, own in self._sorted(wakes):
            await queue.release(own, delay_s)

    async def stats(self) -> QueueStats:
        """Return what the first of them tells."""
        return await self._queues[0].stats()

    async def _first(self, limit: int, wait_s: float) -> list[Wake]:
        left = [
            asyncio.ensure_future(queue.receive(limit, wait_s))
            for queue in self._queues
        ]
        tasks = list(left)
        try:
            while left and not any(task.done() and task.result() for task in tasks):
                await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
                left = [task for task in left if not task.done()]
        finally:
            for task in left:
                task.cancel()
            await asyncio.wait(tasks)
        kept: list[Wake] = []
        for at, task in enumerate(tasks):
            wakes = [] if task.cancelled() else task.result()
            room = limit - len(kept)
            await self._queues[at].release(wakes[room:], 0)
            kept += self._marked(at, wakes[:room])
        return kept

    def _marked(self, at: int, wakes: Sequence[Wake]) -> list[Wake]:
        return [Wake(wake.conversation_id, f"{at}:{wake.handle}") for wake in wakes]

    def _sorted(self, wakes: Sequence[Wake]) -> Iterator[tuple[KafkaQueue, list[Wake]]]:
        for at, queue in enumerate(self._queues):
            parts = [(wake, wake.handle.partition(":")) for wake in wakes]
            yield (
                queue,
                [Wake(w.conversation_id, h) for w, (n, _, h) in parts if n == str(at)],
            )


async def share(queues: Sequence[KafkaQueue], of: KafkaOptions) -> None:
    """Return when the receivers have the topic's partitions among them.

    Each must have had time for its part of a rebalance: a group that rests.
    """
    admin = AdminClient({"bootstrap.servers": of.servers})
    async with asyncio.timeout(20):
        while sorted(await _assigned(admin, of.group)) != _fair(len(queues), of):
            for queue in queues:
                await queue.release(await queue.receive(1, 0), 0)
            await SystemClock().sleep(0.05)


async def warm(members: Members, of: KafkaOptions) -> None:
    """Return when each partition has brought something, and nothing is left of it."""
    wakes = [Wake(f"warm_{at}") for at in range(8 * of.partitions)]
    await members.publish(wakes)
    async with asyncio.timeout(20):
        left = len(wakes)
        while left:
            found = await members.receive(left, 1)
            await members.ack(found)
            left -= len(found)
        while (await members.stats()).ready:
            await SystemClock().sleep(0.05)


async def _assigned(admin: AdminClient, group: str) -> list[int]:
    """Return how many partitions each member of a resting group has."""
    answer = admin.describe_consumer_groups([group], request_timeout=5)[group]
    try:
        found = await asyncio.wrap_future(answer)
    except KafkaException:
        # The first group of a server waits for the topic of commits.
        return []
    if found.state != ConsumerGroupState.STABLE:
        return []
    return [len(member.assignment.topic_partitions) for member in found.members]


def _fair(members: int, of: KafkaOptions) -> list[int]:
    each, more = divmod(of.partitions, members)
    return [each] * (members - more) + [each + 1] * more
