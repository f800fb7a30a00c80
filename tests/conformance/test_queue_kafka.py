"""The queue on Kafka keeps the contract of its port, on a real broker."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from tests.conformance.kafka_queues import (
    VISIBILITY_S,
    Members,
    made,
    receiver,
    share,
    warm,
)

from mainstay.ports.queue import Queue
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.queue_conformance import QueueConformance
from mainstay.testing.servers.kafka import KafkaServer


@pytest.fixture
def server(kafka_server: KafkaServer) -> KafkaServer:
    """Give the server that all tests have."""
    return kafka_server


@dataclass(frozen=True, slots=True)
class KafkaStage:
    """Two members of one group, asked together, in real time."""

    queue: Queue
    soon_s: float = 0.25
    clock: SystemClock = field(default_factory=SystemClock)

    @property
    def other(self) -> Queue:
        """The same two."""
        return self.queue

    async def due(self) -> str:
        """Name a conversation."""
        return SystemIds().new("conv")

    async def done(self, conversation_id: str) -> None:
        """Do nothing: the ack is the end."""

    async def pass_time(self, seconds: float) -> None:
        """Wait."""
        await self.clock.sleep(seconds)

    async def forgotten(self) -> None:
        """Let a visibility pass."""
        await self.clock.sleep(VISIBILITY_S + 0.2)


class TestKafkaQueue(QueueConformance):
    """On one broker, with a group of two."""

    @pytest_asyncio.fixture
    async def stage(self, server: KafkaServer) -> AsyncIterator[KafkaStage]:
        """Make a topic, and two receivers that share its partitions."""
        fresh = await made(server)
        async with receiver(fresh) as one, receiver(fresh) as two:
            await share([one, two], fresh)
            members = Members([one, two])
            await warm(members, fresh)
            yield KafkaStage(members)
