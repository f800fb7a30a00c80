"""Every adapter of the Queue port, and its twin, keeps the same contract."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from mainstay.domain.reply import Reply
from mainstay.domain.wake import Wake
from mainstay.ports.inbox import Accepted, NewConversation, NewMessage
from mainstay.ports.journal import Ending
from mainstay.ports.queue import Queue
from mainstay.queues.embedded import EmbeddedQueue
from mainstay.stores.sqlite.store import SqliteStore, open_store
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock
from mainstay.testing.ids import CountedIds
from mainstay.testing.memory_queue import MemoryQueue
from mainstay.testing.queue_conformance import (
    PATIENCE_S,
    QueueConformance,
    drained,
    names,
    published,
)

VISIBILITY_S = 2.0
BATCH = 4


def queue_on(store: SqliteStore, clock: ManualClock) -> EmbeddedQueue:
    """Return the embedded queue of a store."""
    return EmbeddedQueue(store.schedule, clock, visibility_s=VISIBILITY_S, batch=BATCH)


@dataclass(frozen=True, slots=True)
class EmbeddedStage:
    """The embedded queue, as two processes on one store have it."""

    store: SqliteStore
    queue: Queue
    other: Queue
    clock: ManualClock
    soon_s: float = 0.0

    async def due(self) -> str:
        """Accept a message in a new conversation."""
        new = NewConversation("ada", "test", {})
        id_ = (await self.store.inbox.open(new)).id
        message = NewMessage(id_, None, "Hello", (), "digest")
        assert isinstance(await self.store.inbox.accept(message), Accepted)
        return id_

    async def done(self, conversation_id: str) -> None:
        """Answer it."""
        (claim,) = await self.store.leases.claim([conversation_id], "one")
        reply = Reply("Done.", "m", tools_enabled=True, fallback_level=0)
        await self.store.journal.finish(claim, Ending(reply, "answered"))

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on."""
        self.clock.advance(seconds)

    async def forgotten(self) -> None:
        """Let a visibility pass."""
        self.clock.advance(VISIBILITY_S)


@dataclass(frozen=True, slots=True)
class MemoryStage:
    """The twin; what work is behind its wakes it does not know."""

    queue: Queue
    clock: ManualClock
    ids: CountedIds
    soon_s: float = 0.0

    @property
    def other(self) -> Queue:
        """Its receivers share the object."""
        return self.queue

    async def due(self) -> str:
        """Name a conversation."""
        return self.ids.new("conv")

    async def done(self, conversation_id: str) -> None:
        """Do nothing: the ack is the end."""

    async def pass_time(self, seconds: float) -> None:
        """Let who sleeps on the clock run at the right time."""
        await self.clock.run_for(seconds)

    async def forgotten(self) -> None:
        """Let a visibility pass."""
        await self.clock.run_for(VISIBILITY_S)


class TestEmbeddedQueue(QueueConformance):
    """On SQLite."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Iterator[EmbeddedStage]:
        """Open one file twice."""
        clock, path = ManualClock(), tmp_path / "s.db"
        with closing(_opened(path, clock)) as one, closing(_opened(path, clock)) as two:
            yield EmbeddedStage(one, queue_on(one, clock), queue_on(two, clock), clock)

    async def test_a_publish_needs_no_poll(self, stage: EmbeddedStage):
        """Within a process it ends the wait at once, however rarely that one looks."""
        queue = EmbeddedQueue(
            stage.store.schedule,
            stage.clock,
            visibility_s=VISIBILITY_S,
            batch=BATCH,
            poll_s=PATIENCE_S,
        )
        waiting = asyncio.create_task(queue.receive(1, PATIENCE_S))
        await asyncio.wait({waiting}, timeout=0.05)
        id_ = await stage.due()
        await queue.publish([Wake(id_)])
        async with asyncio.timeout(10):
            assert [wake.conversation_id for wake in await waiting] == [id_]


class TestMemoryQueue(QueueConformance):
    """The in-memory twin."""

    @pytest.fixture
    def stage(self) -> MemoryStage:
        """Return the twin."""
        clock = ManualClock()
        queue = MemoryQueue(clock, visibility_s=VISIBILITY_S, batch=BATCH)
        return MemoryStage(queue, clock, CountedIds())

    async def test_an_old_handle_is_void(self, stage: MemoryStage):
        """Who is late acks and releases nothing that another one received."""
        (id_,) = await published(stage)
        old = await drained(stage, stage.queue)
        await stage.forgotten()
        new = await drained(stage, stage.queue)
        await stage.queue.ack(old)
        await stage.queue.release(old, 0)
        assert await drained(stage, stage.queue) == []
        await stage.queue.release(new, 0)
        assert names(await drained(stage, stage.queue)) == [id_]

    async def test_news_outlive_an_ack(self, stage: MemoryStage):
        """What is published while its wake is received stays hidden, and comes."""
        (id_,) = await published(stage)
        wakes = await drained(stage, stage.queue)
        await stage.queue.publish([Wake(id_)])
        assert await drained(stage, stage.queue) == []
        await stage.queue.ack(wakes)
        assert names(await drained(stage, stage.queue)) == [id_]


def _opened(path: Path, clock: ManualClock) -> SqliteStore:
    return open_store(
        path, clock, SystemIds(), busy_timeout_s=5, on_commit=lambda _: None
    )
