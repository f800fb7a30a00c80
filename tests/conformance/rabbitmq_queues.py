"""Queues on one RabbitMQ server, and their receivers."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.telemetry import TelemetryEvent, Trouble
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.rabbitmq.queue import RabbitMqQueue
from mainstay.queues.rabbitmq.setup import init
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.rabbitmq import RabbitMqServer

BATCH = 20
LINGER_S = 0.1


class Troubles:
    """Keeps what a queue lives with."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Keep it."""
        assert isinstance(event, Trouble)
        self.texts.append(event.error)


def options(server: RabbitMqServer, **changed: Any) -> RabbitMqOptions:
    """Return the options of a queue that nobody has."""
    given: dict[str, Any] = {
        "url": server.url(SystemIds().new("wakes")),
        "batch": BATCH,
        "linger_s": LINGER_S,
        "heartbeat_s": 1,
        **changed,
    }
    return RabbitMqOptions(**given)


async def made(server: RabbitMqServer, **changed: Any) -> RabbitMqOptions:
    """Make a queue with its dead letters."""
    fresh = options(server, **changed)
    await init(fresh)
    return fresh


@asynccontextmanager
async def receiver(
    of: RabbitMqOptions, troubles: Troubles | None = None
) -> AsyncGenerator[RabbitMqQueue]:
    """Start a receiver of a queue."""
    queue = RabbitMqQueue(of, SystemClock(), troubles or Troubles(), SystemRandom())
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()


@asynccontextmanager
async def raw(server: RabbitMqServer) -> AsyncGenerator[AbstractChannel]:
    """Open a plain connection and a channel of it."""
    from aio_pika import connect

    async with await connect(server.url()) as connection:
        yield await connection.channel()


async def bodies(channel: AbstractChannel, name: str) -> list[bytes]:
    """Take all that a queue has."""
    queue = await channel.get_queue(name)
    found: list[bytes] = []
    while (message := await queue.get(no_ack=True, fail=False)) is not None:
        found.append(message.body)
    return found


async def until_works(queue: RabbitMqQueue, id_: str) -> None:
    """Publish as a relay does, until the queue takes it."""
    async with asyncio.timeout(20):
        while True:
            try:
                await queue.publish([Wake(id_)])
            except QueueUnavailable:
                await SystemClock().sleep(0.05)
            else:
                return


async def until_received(queue: RabbitMqQueue, *ids: str) -> list[Wake]:
    """Receive as a worker does, until these have come; return all that came."""
    found: list[Wake] = []
    async with asyncio.timeout(20):
        while not {wake.conversation_id for wake in found} >= set(ids):
            try:
                found += await queue.receive(10, 1)
            except QueueUnavailable:
                await SystemClock().sleep(0.05)
    return found


async def until_refused(queue: RabbitMqQueue) -> str:
    """Publish until that fails, twenty times at most; return why."""
    for _ in range(20):
        try:
            await queue.publish([Wake("conv_1")])
        except QueueUnavailable as error:
            return str(error)
    raise AssertionError("twenty publishes were taken")


async def refused_within(seconds: float, queue: RabbitMqQueue) -> None:
    """Expect that a verb that asks RabbitMQ says soon that it is away."""
    for work in (
        lambda: queue.publish([Wake("conv_1")]),
        lambda: queue.receive(10, 0),
        queue.stats,
    ):
        start_s = time.monotonic()
        with pytest.raises(QueueUnavailable):
            await work()
        assert time.monotonic() - start_s < seconds
