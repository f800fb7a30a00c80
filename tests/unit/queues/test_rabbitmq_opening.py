"""A connection to RabbitMQ that nobody waits for any more."""

import asyncio
import gc
import warnings

import pytest

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.rabbitmq.link import opened
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.rabbitmq.publisher import Publisher
from mainstay.queues.shielded import Shielded
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.testing.servers.server import free_port
from mainstay.testing.world import Notes


async def test_its_failure_is_not_an_error_that_nobody_saw():
    """Who published was cancelled; nothing is printed beside the events."""
    printed: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: printed.append(context))
    publisher = Publisher(
        RabbitMqOptions(url=f"amqp://127.0.0.1:{free_port()}/"),
        SystemClock(),
        SystemRandom(),
        Shielded("queue.rabbitmq", Notes()),
    )
    publisher.start()
    before = asyncio.all_tasks()
    publishing = asyncio.create_task(publisher.send([Wake("conv_1")]))
    await asyncio.wait({publishing}, timeout=0)
    publishing.cancel()
    await asyncio.wait({publishing})
    left = asyncio.all_tasks() - before
    assert left
    await asyncio.wait(left)
    del left, publishing
    gc.collect()
    await publisher.close()
    assert printed == []


async def test_one_that_failed_is_closed():
    """Collected where no loop runs, it makes Python warn of nothing on stderr."""
    options = RabbitMqOptions(url=f"amqp://127.0.0.1:{free_port()}/")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        gc.disable()
        try:
            with pytest.raises(QueueUnavailable):
                await opened(options, "fails")
            await asyncio.to_thread(gc.collect)
        finally:
            gc.enable()
    assert [str(each.message) for each in warned] == []
