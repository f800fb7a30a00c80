"""The queue on Kafka over TLS, with a password."""

import asyncio
from dataclasses import replace

import pytest
from tests.conformance.kafka_queues import Troubles, options_at, receiver
from tests.conformance.kafka_secured import Secured

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.kafka.setup import init
from mainstay.system.ids import SystemIds
from mainstay.testing.queue_conformance import names
from mainstay.testing.servers.kafka import KafkaServer


@pytest.fixture
def url(kafka_server: KafkaServer, kafka_made: Secured) -> str:
    """Give the address over TLS of a topic that nobody has."""
    topic = SystemIds().new("secret")
    return f"{kafka_server.secure_url(topic)}?ca={kafka_made.ca}"


async def test_wakes_travel_encrypted(url: str):
    """By the address alone: scheme, user, and the file of who signed."""
    of = replace(options_at(url), timeout_s=5.0)
    await init(of)
    async with receiver(of) as queue:
        await queue.publish([Wake("conv_1")])
        assert names(await queue.receive(10, 10)) == ["conv_1"]
        assert (await queue.stats()).in_flight == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [({"ca": ""}, "certificate"), ({"password": "wrong"}, "uthentication")],
)
async def test_who_is_not_trusted_is_told(url: str, change: dict[str, str], told: str):
    """A broker that nobody knows, and a wrong password; the password is not shown."""
    troubles = Troubles()
    async with receiver(replace(options_at(url), **change), troubles) as queue:
        assert told in troubles.texts[0]
        with pytest.raises(QueueUnavailable, match=told):
            async with asyncio.timeout(10):
                await queue.receive(1, 30)
    assert "for-tests" not in "".join(troubles.texts)
