"""The queue on RabbitMQ keeps the contract of its port, on a real server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from tests.conformance.rabbitmq_queues import made, receiver

from mainstay.queues.rabbitmq.queue import RabbitMqQueue
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.queue_conformance import QueueConformance
from mainstay.testing.servers.rabbitmq import RabbitMqServer


@pytest.fixture
def server(rabbitmq_server: RabbitMqServer) -> RabbitMqServer:
    """Give the server that all tests have."""
    return rabbitmq_server


@dataclass(frozen=True, slots=True)
class RabbitMqStage:
    """Two receivers of one queue, in real time."""

    queue: RabbitMqQueue
    other: RabbitMqQueue
    soon_s: float = 0.4
    clock: SystemClock = field(default_factory=SystemClock)

    async def due(self) -> str:
        """Name a conversation."""
        return SystemIds().new("conv")

    async def done(self, conversation_id: str) -> None:
        """Do nothing: the ack is the end."""

    async def pass_time(self, seconds: float) -> None:
        """Wait."""
        await self.clock.sleep(seconds)

    async def forgotten(self) -> None:
        """Let both receivers come back without what they had in hand."""
        for side in (self.queue, self.other):
            await side.stop()
            await side.start()


class TestRabbitMqQueue(QueueConformance):
    """On a quorum queue."""

    @pytest_asyncio.fixture
    async def stage(self, server: RabbitMqServer) -> AsyncIterator[RabbitMqStage]:
        """Make a queue and two receivers."""
        fresh = await made(server)
        async with receiver(fresh) as one, receiver(fresh) as two:
            yield RabbitMqStage(one, two)
