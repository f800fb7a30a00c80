"""Wakes on RabbitMQ: none loops, none is held back, none is buried in good order."""

import asyncio
import json
import signal
import subprocess
import sys

import pytest
import pytest_asyncio
from tests.conformance.rabbitmq_queues import (
    Troubles,
    bodies,
    made,
    options,
    raw,
    receiver,
    until_received,
    until_refused,
)

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.rabbitmq.options import RabbitMqOptions
from mainstay.queues.rabbitmq.queue import RabbitMqQueue
from mainstay.queues.rabbitmq.setup import init
from mainstay.queues.wire import encoded
from mainstay.testing.servers.rabbitmq import RabbitMqServer

LIMIT = 2
NO_WAKES = [
    b"no JSON",
    b"\xff",
    b"[]",
    b'{"conversation_id": "conv_1", "v": 2}',
    b'{"conversation_id": 7, "v": 1}',
    b'{"conversation_id": "", "v": 1}',
    b"[" * 100_000,
]
VICTIM = """
import asyncio, sys
from tests.conformance.rabbitmq_queues import receiver
from mainstay.queues.rabbitmq.options import RabbitMqOptions

async def main():
    async with receiver(RabbitMqOptions(url=sys.argv[1])) as queue:
        print(len(await queue.receive(10, 20)), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def server(rabbitmq_server: RabbitMqServer) -> RabbitMqServer:
    """Give the server that all tests have."""
    return rabbitmq_server


@pytest_asyncio.fixture
async def fresh(server: RabbitMqServer) -> RabbitMqOptions:
    """Make a queue with its dead letters."""
    return await made(server)


async def held(queue: RabbitMqQueue, count: int) -> list[Wake]:
    """Receive until so many are in hand."""
    found: list[Wake] = []
    async with asyncio.timeout(10):
        while len(found) < count:
            found += await queue.receive(count - len(found), 1)
    return found


def wakes(count: int) -> list[Wake]:
    """Return wakes of so many conversations."""
    return [Wake(f"conv_{at}") for at in range(count)]


async def test_what_is_no_wake_is_buried_once(server, fresh: RabbitMqOptions):
    """It goes to the dead letters as it came; wakes beside it are received."""
    troubles = Troubles()
    async with receiver(fresh, troubles) as queue, raw(server) as channel:
        from aio_pika import Message

        for body in NO_WAKES:
            await channel.default_exchange.publish(Message(body), fresh.name)
        newer = json.dumps({"conversation_id": "newer", "v": 1, "more": "keys"})
        await channel.default_exchange.publish(Message(newer.encode()), fresh.name)
        await queue.publish([Wake("good")])
        found = await until_received(queue, "good", "newer")
        assert len(found) == 2
        await queue.ack(found)
        assert await queue.receive(10, 0.3) == []
        assert (await queue.stats()).dead == len(NO_WAKES)
        assert await bodies(channel, fresh.dead_name) == NO_WAKES
    assert len(troubles.texts) == len(NO_WAKES)
    assert not [text for text in troubles.texts if "JSON" in text]


async def test_a_poisonous_wake_does_not_loop(server):
    """What ends each of its receivers is among the dead letters after so many."""
    poisoned = await made(server, delivery_limit=LIMIT)
    async with receiver(poisoned) as queue:
        await queue.publish([Wake("conv_1")])
    for _ in range(LIMIT + 1):
        async with raw(server) as channel:
            from_queue = await channel.get_queue(poisoned.name)
            assert await from_queue.get(timeout=5) is not None
    async with receiver(poisoned) as queue, raw(server) as channel:
        assert await queue.receive(10, 0.3) == []
        assert await bodies(channel, poisoned.dead_name) == [encoded("conv_1").encode()]


async def test_what_is_given_back_is_never_buried(server):
    """However often it is released, prefetched for nobody, or held at a stop."""
    tight = await made(server, delivery_limit=LIMIT)
    async with receiver(tight) as queue:
        await queue.publish(wakes(2))
        for _ in range(LIMIT + 3):
            found = await until_received(queue, "conv_0", "conv_1")
            await queue.release(found, 0)
        for _ in range(LIMIT + 3):
            (one,) = await held(queue, 1)
            async with receiver(tight) as other:
                await held(other, 1)
            await queue.release([one], 0)
        found = await until_received(queue, "conv_0", "conv_1")
        assert len(found) == 2
        assert (await queue.stats()).dead == 0


async def test_a_killed_receiver_holds_nothing(server, fresh: RabbitMqOptions):
    """What it had not acked reaches another one at once."""
    async with receiver(fresh) as queue:
        await queue.publish(wakes(3))
        command = [sys.executable, "-c", VICTIM, fresh.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as victim:  # noqa: ASYNC220
            assert victim.stdout is not None
            await asyncio.to_thread(victim.stdout.readline)
            victim.send_signal(signal.SIGKILL)
        async with asyncio.timeout(2):
            await until_received(queue, "conv_0", "conv_1", "conv_2")


async def test_the_prefetch_bounds_what_is_in_hand(server):
    """Who has enough gets no more before it acks; the rest is for others."""
    small = await made(server, prefetch=3)
    async with receiver(small) as queue, receiver(small) as other:
        await queue.publish(wakes(5))
        mine = await held(queue, 3)
        assert await queue.receive(10, 0.3) == []
        await held(other, 2)
        await other.publish([Wake("more")])
        await queue.ack(mine[:1])
        assert [w.conversation_id for w in await held(queue, 1)] == ["more"]


async def test_what_waits_for_nobody_is_given_back(server, fresh: RabbitMqOptions):
    """A receiver that stops receiving keeps nothing but what it received."""
    async with receiver(fresh) as queue, receiver(fresh) as other:
        await queue.publish(wakes(5))
        (mine,) = await held(queue, 1)
        found = await held(other, 4)
        assert mine.conversation_id not in {wake.conversation_id for wake in found}
        await other.publish([Wake("more")])
        async with asyncio.timeout(3):
            await until_received(other, "more")


async def test_a_pause_costs_no_room(server):
    """After a consumer was cancelled with wakes in hand, all the prefetch is used."""
    small = await made(server, prefetch=6)
    large = options(server, url=small.url, prefetch=50)
    async with receiver(small) as queue, receiver(large) as other:
        await queue.publish(wakes(12))
        first = await held(queue, 4)
        # Two more waited there for nobody: that they came here ended the consumer.
        await held(other, 8)
        await queue.publish([Wake("a"), Wake("b")])
        await held(queue, 2)
        await queue.ack(first)
        await queue.publish([Wake("c"), Wake("d"), Wake("e"), Wake("f")])
        found = await held(queue, 4)
        assert {wake.conversation_id for wake in found} == {"c", "d", "e", "f"}


async def test_a_release_survives_its_caller(fresh: RabbitMqOptions):
    """A cancelled caller's release reaches the queue nevertheless."""
    async with receiver(fresh) as queue:
        await queue.publish([Wake("conv_1")])
        task = asyncio.create_task(queue.release(await held(queue, 1), 0))
        await asyncio.wait({task}, timeout=0.0)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        await until_received(queue, "conv_1")


async def test_acks_are_sent_before_a_stop(fresh: RabbitMqOptions):
    """What was acked just before never comes again."""
    async with receiver(fresh) as queue:
        await queue.publish(wakes(10))
        await queue.ack(await held(queue, 10))
    async with receiver(fresh) as queue:
        assert await queue.receive(10, 0.3) == []
        assert (await queue.stats()).dead == 0


async def test_set_up_may_be_repeated(server):
    """The first run makes queue and dead letters; the next finds them."""
    new = options(server)
    first, second = await init(new), await init(new)
    assert [line.rsplit(": ", 1)[1] for line in first] == ["made"] * 2
    assert [line.rsplit(": ", 1)[1] for line in second] == ["was there"] * 2


async def test_another_queue_of_that_name_is_told(server, fresh: RabbitMqOptions):
    """What RabbitMQ cannot change is an error with the way out."""
    changed = options(server, url=fresh.url, delivery_limit=7)
    with pytest.raises(QueueUnavailable, match=r"delete it .* or name another"):
        await init(changed)
    assert len(await init(fresh)) == 2


async def test_a_queue_that_is_missing_is_told(server):
    """With the command that makes it, to who publishes and to who receives."""
    async with receiver(options(server)) as queue:
        with pytest.raises(QueueUnavailable, match="mainstay queue init"):
            await queue.publish([Wake("conv_1")])
        with pytest.raises(QueueUnavailable, match="mainstay queue init"):
            await queue.receive(1, 5)


async def test_a_full_queue_refuses(server):
    """A wake that was not taken is an error, not a silence."""
    short = await made(server, max_length=1)
    async with receiver(short) as queue:
        assert "full" in await until_refused(queue)


async def test_secrets_are_not_told(server):
    """A refused password is neither in the error nor in what is printed."""
    wrong = options(server, url=server.url().replace("for-tests", "hush-hush"))
    assert "hush" not in repr(wrong)
    with pytest.raises(QueueUnavailable) as refused:
        await init(wrong)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "http://host/queue"},
        {"url": "amqp://host/?queue=a%20b"},
        {"url": "amqp://host/?quue=typo"},
        {"prefetch": 0},
        {"heartbeat_s": 0},
        {"delivery_limit": 0},
    ],
)
def test_options_are_checked(changed: dict[str, object]):
    """What makes no sense is refused when it is given."""
    with pytest.raises(ValueError, match=r"URL|name|prefetch|heartbeat|limits"):
        RabbitMqOptions(**{"url": "amqp://host/", **changed})  # type: ignore[arg-type]


def test_the_address_keeps_what_the_client_knows():
    """TLS parameters go to the client; the queue's name does not."""
    given = "amqps://u:p%40w@h/v%2Fh?queue=q&cafile=/ca.pem"
    found = RabbitMqOptions(url=given, heartbeat_s=7)
    assert found.address == "amqps://u:p%40w@h/v%2Fh?cafile=%2Fca.pem&heartbeat=7"
    assert (found.name, found.dead_name, found.host) == ("q", "q-dead", "h")


async def test_few_permissions_are_enough(server, fresh: RabbitMqOptions):
    """Gateways and workers write to the default exchange and read the queue."""
    server.control("add_user", "few", "secret")
    rights = ("^$", r"^amq\.default$", f"^{fresh.name}$")
    server.control("set_permissions", "few", *rights)
    url = fresh.url.replace("mainstay:for-tests", "few:secret")
    async with receiver(options(server, url=url)) as queue:
        await queue.publish(wakes(2))
        await queue.release(await held(queue, 2), 0)
        await queue.ack(await held(queue, 2))
        assert (await queue.stats()).dead == 0
