"""The queue on Kafka while its broker stops or freezes, and holds what is no wake."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
import pytest_asyncio
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from tests.conformance.kafka_queues import (
    BATCH,
    Troubles,
    made,
    options,
    receiver,
    remove,
)

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.queue import LOOK_S, KafkaQueue
from mainstay.queues.kafka.sending import Sending
from mainstay.queues.kafka.setup import init
from mainstay.queues.kafka.wire import carrying
from mainstay.system.clock import SystemClock
from mainstay.testing.queue_conformance import names
from mainstay.testing.servers.kafka import KafkaServer

TIMEOUT_S = 1.0
SLACK_S = 1.5
"""What a busy machine may add."""

POISON = (
    b"no JSON",
    b"\xff\xfe",
    b"",
    b"[]",
    b'{"conversation_id": "conv_1", "v": 2}',
    b'{"conversation_id": 7, "v": 1}',
    b'{"conversation_id": "", "v": 1}',
    b"[" * 100_000,
)


@pytest.fixture
def server(kafka_server: KafkaServer) -> KafkaServer:
    """Give the server that all tests have."""
    return kafka_server


@pytest_asyncio.fixture
async def fresh(server: KafkaServer) -> KafkaOptions:
    """Make a topic with its dead letters."""
    return await made(server, timeout_s=TIMEOUT_S, session_s=3.0)


def written(of: KafkaOptions, *bodies: bytes) -> None:
    """Write records as another program might."""
    producer = Producer({"bootstrap.servers": of.servers})
    for body in bodies:
        producer.produce(of.topic, body, b"key")
    assert producer.flush(10) == 0


def buried(of: KafkaOptions, count: int) -> dict[str, bytes]:
    """Read the dead letters by their keys."""
    consumer = Consumer(
        {
            "bootstrap.servers": of.servers,
            "group.id": "undertaker",
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(of.dead_topic, 0, 0)])
    found = consumer.consume(count, timeout=10)
    more = consumer.consume(1, timeout=0.5)
    consumer.close()
    assert (len(found), more) == (count, [])
    return {(each.key() or b"").decode(): each.value() or b"" for each in found}


async def until_works(queue: KafkaQueue, id_: str) -> None:
    """Publish as a relay does, until the queue takes it."""
    async with asyncio.timeout(20):
        while True:
            try:
                await queue.publish([Wake(id_)])
            except QueueUnavailable:
                await SystemClock().sleep(0.05)
            else:
                return


async def until_received(queue: KafkaQueue, id_: str) -> None:
    """Receive as a worker does, until the wake is there."""
    async with asyncio.timeout(20):
        while True:
            try:
                found = await queue.receive(10, 1)
            except QueueUnavailable:
                await SystemClock().sleep(0.05)
            else:
                await queue.ack(found)
                if id_ in names(found):
                    return


async def refused(queue: KafkaQueue) -> None:
    """Expect that each verb that asks Kafka says soon that it is away."""
    start_s = time.monotonic()
    with pytest.raises(QueueUnavailable):
        await queue.publish([Wake("conv_1")])
    assert time.monotonic() - start_s < TIMEOUT_S + 1 + SLACK_S
    start_s = time.monotonic()
    with pytest.raises(QueueUnavailable):
        await queue.receive(10, 60)
    assert time.monotonic() - start_s < LOOK_S + TIMEOUT_S + SLACK_S
    start_s = time.monotonic()
    with pytest.raises(QueueUnavailable):
        await queue.stats()
    assert time.monotonic() - start_s < TIMEOUT_S + SLACK_S


async def becomes_true(condition: Callable[[], bool]) -> None:
    """Wait for a background task, a few seconds at most."""
    async with asyncio.timeout(5):
        while not condition():
            await SystemClock().sleep(0.02)


async def test_a_start_needs_no_broker(server):
    """It returns, says what is the matter, and works once the broker is there."""
    server.stop()
    fresh = options(server)
    troubles = Troubles()
    async with asyncio.timeout(5):
        context = receiver(fresh, troubles)
        queue = await context.__aenter__()
    try:
        assert len(troubles.texts) == 1
        with pytest.raises(QueueUnavailable):
            await queue.receive(10, 0)
        server.start()
        await init(fresh)
        await until_works(queue, "late")
        await until_received(queue, "late")
    finally:
        await context.__aexit__(None, None, None)


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_an_absent_broker_is_told_and_met_again(
    server, fresh: KafkaOptions, how: str
):
    """Each verb fails within seconds, a waiting receive too; then all is well again."""
    async with receiver(fresh) as queue:
        await until_works(queue, "before")
        await until_received(queue, "before")
        getattr(server.process, how)()
        try:
            await refused(queue)
        finally:
            if how == "freeze":
                server.process.thaw()
            server.start()
        await until_works(queue, "after")
        await until_received(queue, "after")


async def test_a_stop_needs_no_broker(server, fresh: KafkaOptions):
    """It takes less than 5 s with wakes received, and may be repeated."""
    async with receiver(fresh) as queue:
        await until_works(queue, "one")
        await until_works(queue, "two")
        await queue.ack(await queue.receive(1, 10))
        server.process.freeze()
        try:
            async with asyncio.timeout(5):
                await queue.stop()
                await queue.stop()
        finally:
            server.process.thaw()
        with pytest.raises(QueueUnavailable, match="not started"):
            await queue.receive(1, 0)
        with pytest.raises(QueueUnavailable, match="not started"):
            await queue.publish([Wake("conv_1")])


async def test_what_is_no_wake_is_buried_once(fresh: KafkaOptions):
    """It goes to the dead letters as it came, and holds up no other wake or commit."""
    troubles = Troubles()
    written(fresh, *POISON)
    async with receiver(fresh, troubles) as queue:
        await until_works(queue, "conv_good")
        await until_received(queue, "conv_good")
        async with asyncio.timeout(10):
            while (await queue.stats()).ready:
                await SystemClock().sleep(0.1)
    async with receiver(fresh, troubles) as queue:
        assert await queue.receive(10, 1) == []
        assert (await queue.stats()).dead == len(POISON)
    letters = buried(fresh, len(POISON))
    assert sorted(letters.values()) == sorted(POISON)
    assert all(key.startswith(f"{fresh.topic}/") for key in letters)
    assert all(fresh.dead_topic in text for text in troubles.texts)


async def test_unburied_records_block_nothing(server):
    """Without dead letters they are told, left where they are, and passed."""
    fresh = await made(server, visibility_s=60)
    troubles = Troubles()
    written(fresh, b"no JSON", json.dumps({"conversation_id": "x", "v": 1}).encode())
    remove(fresh, fresh.dead_topic)
    async with receiver(fresh, troubles) as queue:
        await until_received(queue, "x")
        async with asyncio.timeout(15):
            while (await queue.stats()).ready:
                await SystemClock().sleep(0.1)
    assert f"{fresh.topic}/" in troubles.texts[-1]


async def test_unknown_keys_are_ignored(fresh: KafkaOptions):
    """Newer senders may add to a wake."""
    body = {"conversation_id": "conv_1", "v": 1, "traceparent": "00-0-0-00"}
    written(fresh, json.dumps(body).encode())
    async with receiver(fresh) as queue:
        assert names(await queue.receive(10, 10)) == ["conv_1"]


async def test_a_fatal_error_ends_the_producer_only(fresh: KafkaOptions):
    """Another one takes its place, and that is told."""
    troubles: list[str] = []
    sending = Sending(replace(fresh, timeout_s=10.0), troubles.append)
    sending.start()
    try:
        await sending.send(fresh.topic, [carrying(Wake("one"))])
        sending.heard(KafkaError(KafkaError._FATAL, "fenced", fatal=True))  # noqa: SLF001 - the vendor's name of its own error
        await becomes_true(lambda: bool(troubles))
        assert "fenced" in troubles[0]
        await sending.send(fresh.topic, [carrying(Wake("two"))])
    finally:
        await sending.stop()


async def test_what_waits_here_is_bounded(server):
    """A receiver that is slow reads about a batch ahead, not the topic."""
    fresh = await made(server, visibility_s=60)
    async with receiver(fresh) as queue:
        await queue.publish([Wake(f"conv_{at}") for at in range(10 * BATCH)])
        found = await queue.receive(1, 10)
        await SystemClock().sleep(1)
        server.process.freeze()
        try:
            with suppress(QueueUnavailable):
                while True:
                    found += await queue.receive(BATCH, 5)
        finally:
            server.process.thaw()
        assert BATCH <= len(found) <= 2 * BATCH


async def test_set_up_may_be_repeated(server):
    """The first run makes topic and dead letters; the next finds them."""
    new = options(server, partitions=3)
    assert await init(new) == [
        f"topic {new.dead_topic}: made, 1 partition",
        f"topic {new.topic}: made, 3 partitions",
    ]
    assert await init(options(server, topic=new.topic, partitions=5)) == [
        f"topic {new.dead_topic}: was there, 1 partition",
        f"topic {new.topic}: was there, 3 partitions",
    ]


async def test_set_up_at_once_from_everywhere_is_fine(server):
    """Whoever is second finds what the first made."""
    new = options(server)
    for lines in await asyncio.gather(*(init(new) for _ in range(4))):
        assert all("made" in line or "was there" in line for line in lines)
    assert all("was there" in line for line in await init(new))


async def test_a_topic_that_is_missing_is_told(server):
    """With the command that makes it; once made, all is well without a restart."""
    missing = options(server)
    async with receiver(missing) as queue:
        with pytest.raises(QueueUnavailable, match="mainstay queue init"):
            await queue.publish([Wake("conv_1")])
        with pytest.raises(QueueUnavailable, match="mainstay queue init"):
            await queue.receive(10, 10)
        await init(missing)
        await until_works(queue, "conv_2")
        await until_received(queue, "conv_2")


async def test_settings_that_are_refused_are_told(fresh: KafkaOptions):
    """By the start: no waiting would help."""
    wrong = replace(fresh, tls=True, ca="/no/such/file.pem")
    queue = KafkaQueue(wrong, SystemClock(), Troubles())
    with pytest.raises(QueueUnavailable, match=r"ssl\.ca\.location"):
        await queue.start()
    await queue.stop()
