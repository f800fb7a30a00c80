"""The queue on SQS keeps the contract of its port, on a real server of the API."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from tests.conformance.sqs_queues import VISIBILITY_S, made, receiver, serving

from mainstay.ports.queue import Queue
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.queue_conformance import QueueConformance
from mainstay.testing.servers.elasticmq import ElasticMqServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ElasticMqServer]:
    """Start one server for all tests."""
    with serving(tmp_path_factory.mktemp("elasticmq")) as started:
        yield started


@dataclass(frozen=True, slots=True)
class SqsStage:
    """Two receivers of one queue, in real time."""

    queue: Queue
    other: Queue
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
        """Let a visibility pass."""
        await self.clock.sleep(VISIBILITY_S + 0.1)


class TestSqsQueue(QueueConformance):
    """On ElasticMQ."""

    @pytest_asyncio.fixture
    async def stage(self, server: ElasticMqServer) -> AsyncIterator[SqsStage]:
        """Make a queue and two receivers."""
        fresh = await made(server)
        async with receiver(fresh) as one, receiver(fresh) as two:
            yield SqsStage(one, two)
