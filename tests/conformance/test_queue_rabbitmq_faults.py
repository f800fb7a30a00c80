"""The queue on RabbitMQ while its server dies, freezes, blocks, or ends consumers."""

import asyncio
import time
from dataclasses import replace

import pytest
import pytest_asyncio
from tests.conformance.rabbitmq_queues import (
    Troubles,
    made,
    raw,
    receiver,
    refused_within,
    until_received,
    until_refused,
    until_works,
)

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.rabbitmq.queue import RabbitMqQueue
from mainstay.queues.rabbitmq.setup import init
from mainstay.system.clock import SystemClock
from mainstay.testing.servers.rabbitmq import RabbitMqServer

TIMEOUT_S = 1.0
SILENCE_S = 7.0
"""How long a silent connection lives with a heartbeat of 1 s, and a second more."""

REGISTERED_S = 1.0
"""A new queue's name is on the disk half a second after it was made (Ra's directory, a
dets table with auto_save 500); a crash before that leaves RabbitMQ 3.10 a queue without
a leader. Only a test kills a server so soon."""

SLACK_S = 2.0
"""What a busy machine may add."""


@pytest.fixture
def server(rabbitmq_server: RabbitMqServer) -> RabbitMqServer:
    """Give the server that all tests have."""
    return rabbitmq_server


@pytest_asyncio.fixture
async def fresh(server: RabbitMqServer) -> RabbitMqOptions:
    """Make a queue with its dead letters."""
    return await made(server, timeout_s=TIMEOUT_S)


async def raises_within(seconds: float, waiting: "asyncio.Task[list[Wake]]") -> None:
    """Expect that a receive says in time that the queue is away."""
    async with asyncio.timeout(seconds):
        with pytest.raises(QueueUnavailable):
            await waiting


async def begun(queue: RabbitMqQueue) -> "asyncio.Task[list[Wake]]":
    """Let a receive wait for a minute, with its consumer there."""
    assert await queue.receive(10, 0) == []
    waiting = asyncio.create_task(queue.receive(10, 60))
    await asyncio.wait({waiting}, timeout=0.05)
    return waiting


async def test_a_killed_server_is_told_and_met_again(server, fresh: RabbitMqOptions):
    """Who waits is told at once; what was held comes again; its old ack is void."""
    async with receiver(fresh) as queue:
        await queue.publish([Wake("held")])
        (held,) = await until_received(queue, "held")
        waiting = await begun(queue)
        await SystemClock().sleep(REGISTERED_S)
        server.process.kill()
        await raises_within(SLACK_S, waiting)
        await refused_within(TIMEOUT_S + SLACK_S, queue)
        server.start()
        await until_works(queue, "after")
        await queue.ack([held])
        await queue.release([held], 0)
        found = await until_received(queue, "held", "after")
        assert len(found) == 2
        await queue.ack(found)
        assert await queue.receive(10, 0.2) == []


async def test_it_needs_no_server_to_start_or_stop(server, fresh: RabbitMqOptions):
    """It says what is the matter, and works once the server is there, also twice."""
    async with receiver(fresh) as old:
        await begun(old)
        server.stop()
        troubles = Troubles()
        async with asyncio.timeout(5):
            context = receiver(fresh, troubles)
            new = await context.__aenter__()
        assert len(troubles.texts) == 1
        await refused_within(TIMEOUT_S + SLACK_S, new)
        async with asyncio.timeout(5):
            await old.stop()
            await old.stop()
    try:
        server.start()
        await until_works(new, "late")
        await new.ack(await until_received(new, "late"))
    finally:
        await context.__aexit__(None, None, None)


async def test_a_frozen_server_hangs_nobody(server, fresh: RabbitMqOptions):
    """A publish ends with its timeout, who waits with the heartbeat, a stop in 5 s."""
    async with receiver(fresh) as queue, receiver(fresh) as leaving:
        waiting = await begun(queue)
        await leaving.publish([Wake("held")])
        await asyncio.wait({waiting})
        await begun(leaving)
        server.process.freeze()
        try:
            again = asyncio.create_task(queue.receive(10, 60))
            start_s = time.monotonic()
            with pytest.raises(QueueUnavailable):
                await queue.publish([Wake("conv_1")])
            assert time.monotonic() - start_s < TIMEOUT_S + SLACK_S
            async with asyncio.timeout(5):
                await leaving.stop()
            await raises_within(SILENCE_S + SLACK_S, again)
            await refused_within(TIMEOUT_S + SLACK_S, queue)
        finally:
            server.process.thaw()
        await until_works(queue, "after")
        await until_received(queue, "held", "after")


async def test_a_consumer_that_the_broker_ends_is_noticed(
    server, fresh: RabbitMqOptions
):
    """A deleted queue ends the wait at once; made anew, it is consumed by itself."""
    async with receiver(fresh) as queue, raw(server) as channel:
        waiting = await begun(queue)
        await channel.queue_delete(fresh.name)
        await raises_within(SLACK_S, waiting)
        with pytest.raises(QueueUnavailable, match="mainstay queue init"):
            await queue.publish([Wake("conv_1")])
        await init(fresh)
        await until_works(queue, "after")
        await until_received(queue, "after")


async def test_a_closed_connection_is_made_anew(server, fresh: RabbitMqOptions):
    """An operator who closes all connections costs a moment, and no wake."""
    async with receiver(fresh) as queue:
        await queue.publish([Wake("held")])
        await until_received(queue, "held")
        waiting = await begun(queue)
        server.control("close_all_connections", "maintenance")
        await raises_within(SLACK_S, waiting)
        await until_works(queue, "after")
        await until_received(queue, "held", "after")


async def test_a_blocked_loop_looks_like_death_and_passes(
    server, fresh: RabbitMqOptions
):
    """A process that stands still is cut off; its wakes come again, by themselves."""
    async with receiver(fresh) as queue, receiver(fresh):
        await queue.publish([Wake("held")])
        await until_received(queue, "held")
        waiting = await begun(queue)
        time.sleep(4)  # noqa: ASYNC251 - the fault itself
        await raises_within(SLACK_S, waiting)
        await until_works(queue, "after")
        await until_received(queue, "held", "after")


async def test_a_blocked_connection_is_bounded(server, fresh: RabbitMqOptions):
    """With a memory alarm publishes fail soon; receive, ack and release go on."""
    async with receiver(fresh) as queue:
        await queue.publish([Wake("one"), Wake("two")])
        server.control("set_vm_memory_high_watermark", "absolute", "1")
        try:
            async with asyncio.timeout(10):
                await until_refused(queue)
            start_s = time.monotonic()
            with pytest.raises(QueueUnavailable, match="alarm"):
                await queue.publish([Wake("three")])
            assert time.monotonic() - start_s < SLACK_S / 2
            found = await until_received(queue, "one", "two")
            await queue.release(found, 0)
            await queue.ack(await until_received(queue, "one", "two"))
        finally:
            server.control("set_vm_memory_high_watermark", "0.4")
        await until_works(queue, "after")
        await until_received(queue, "after")


@pytest.mark.parametrize(
    ("part", "wrong", "way_out"),
    [
        ("/%2F", "/nowhere", "correct the path of QUEUE_URL"),
        ("@", "Zx9@", "correct user and password in QUEUE_URL"),
    ],
    ids=["vhost", "password"],
)
async def test_a_wrong_address_is_told_as_what_to_correct(
    server, fresh: RabbitMqOptions, part: str, wrong: str, way_out: str
):
    """Neither the client's words nor a piece of the address: which part is wrong."""
    options = replace(fresh, url=fresh.url.replace(part, wrong))
    with pytest.raises(QueueUnavailable) as caught:
        await init(options)
    assert way_out in str(caught.value)
    assert "Zx9" not in str(caught.value)
