"""Queues on one ElasticMQ server, and their receivers."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mainstay.ports.telemetry import TelemetryEvent, Trouble
from mainstay.queues.sqs.options import SqsOptions
from mainstay.queues.sqs.queue import SqsQueue
from mainstay.queues.sqs.setup import init
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.elasticmq import ElasticMqServer

VISIBILITY_S = 3
BATCH = 20


class Troubles:
    """Keeps what a queue lives with."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def emit(self, event: TelemetryEvent) -> None:
        """Keep it."""
        assert isinstance(event, Trouble)
        self.texts.append(event.error)


@contextmanager
def serving(folder: Path) -> Generator[ElasticMqServer]:
    """Start a server."""
    server = ElasticMqServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def options(server: ElasticMqServer, **changed: Any) -> SqsOptions:
    """Return the options of a queue that nobody has."""
    given: dict[str, Any] = {
        "url": server.url(SystemIds().new("wakes").replace(".", "_")),
        "batch": BATCH,
        "visibility_s": VISIBILITY_S,
        "access_key_id": "test",
        "secret_access_key": "test",
        **changed,
    }
    return SqsOptions(**given)


PATIENT_S = 10.0


async def made(server: ElasticMqServer, **changed: Any) -> SqsOptions:
    """Make a queue with its dead letters, however long the server takes for it."""
    fresh = options(server, **changed)
    patient = replace(fresh, timeout_s=PATIENT_S)
    await init(patient, SystemClock(), SystemRandom())
    return fresh


@asynccontextmanager
async def receiver(
    of: SqsOptions, troubles: Troubles | None = None
) -> AsyncGenerator[SqsQueue]:
    """Start a receiver of a queue."""
    queue = SqsQueue(of, SystemClock(), troubles or Troubles(), SystemRandom())
    await queue.start()
    try:
        yield queue
    finally:
        await queue.stop()
