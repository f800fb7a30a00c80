"""A wake with a trace has the standard header, whatever broker carries it."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer
from tests.conformance import kafka_queues, rabbitmq_queues, sqs_queues

from mainstay.domain.wake import Wake
from mainstay.queues.sqs.calls import Calls
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.testing.servers.kafka import KafkaServer
from mainstay.testing.servers.rabbitmq import RabbitMqServer

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
WAKES = [Wake("conv_1", traceparent=PARENT), Wake("conv_2")]


async def test_on_rabbitmq(rabbitmq_server: RabbitMqServer) -> None:
    """As a header of the message; none where there is no trace."""
    of = await rabbitmq_queues.made(rabbitmq_server)
    async with rabbitmq_queues.receiver(of) as queue:
        await queue.publish(WAKES)
        async with rabbitmq_queues.raw(rabbitmq_server) as channel:
            there = await channel.get_queue(of.name)
            found = [await there.get(no_ack=True) for _ in WAKES]
        told = [message.headers.get("traceparent") for message in found]
        assert told == [PARENT, None]


@pytest.mark.timeout(60)
async def test_on_kafka(kafka_server: KafkaServer) -> None:
    """As a header of the record."""
    of = await kafka_queues.made(kafka_server)
    async with kafka_queues.receiver(of) as queue:
        await queue.publish(WAKES)
    settings = {"bootstrap.servers": of.servers, "group.id": "looker"}
    looker = Consumer({**settings, "auto.offset.reset": "earliest"})
    looker.subscribe([of.topic])
    found = looker.consume(len(WAKES), timeout=20)
    looker.close()
    headers = {message.key(): message.headers() for message in found}
    assert headers == {
        b"conv_1": [("traceparent", PARENT.encode())],
        b"conv_2": None,
    }


async def test_on_sqs(tmp_path: Path) -> None:
    """As an attribute of the message."""
    with sqs_queues.serving(tmp_path) as server:
        of = await sqs_queues.made(server)
        async with sqs_queues.receiver(of) as queue:
            await queue.publish(WAKES)
            calls = Calls(of, SystemClock(), SystemRandom())
            calls.open()
            answer = await calls.call(
                "receive_message",
                QueueUrl=of.url,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
            )
            await calls.close()
    found = [message.get("MessageAttributes") for message in answer["Messages"]]
    told = [one["traceparent"]["StringValue"] for one in found if one]
    assert (told, len(found)) == ([PARENT], 2)
