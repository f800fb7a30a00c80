"""A turn may take longer than its wake stays hidden."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.wake import Wake
from mainstay.system.clock import SystemClock
from mainstay.testing.memory_queue import MemoryQueue
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.options import WorkerOptions
from mainstay.worker.worker import Worker

VISIBLE_S = 0.3


class Slow:
    """A model that takes many times as long as a wake stays hidden."""

    def __init__(self) -> None:
        self.calls = 0

    async def call(self, request: Any, on_text: Any) -> ModelStep:
        """Answer late."""
        self.calls += 1
        await asyncio.sleep(5 * VISIBLE_S)
        block = {"type": "text", "text": "Here."}
        return ModelStep(request.model, [block], "end_turn", Usage(1, 1))

    async def close(self) -> None:
        """Hold nothing."""


class Counting(MemoryQueue):
    """Counts the wakes that were received."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), visibility_s=VISIBLE_S, batch=100)
        self.received: list[str] = []

    async def receive(self, limit: int, wait_s: float) -> list[Wake]:
        """Receive."""
        wakes = await super().receive(limit, wait_s)
        self.received += [wake.conversation_id for wake in wakes]
        return wakes


class Forgetful(Counting):
    """Sends every wake again although it is extended."""

    async def extend(self, wakes: Sequence[Wake]) -> None:
        """Forget it."""


def worker_of(world: World, queue: MemoryQueue) -> Worker:
    """Return a worker on a queue that knows no store."""
    return Worker(
        owner=world.owner,
        queue=queue,
        leases=world.store.leases,
        journal=world.store.journal,
        runner=world.runner(),
        clock=world.clock,
        telemetry=world.notes,
        options=WorkerOptions(),
    )


async def turn_on(queue: Counting, model: Slow, folder: Path) -> None:
    """Run one turn of two workers on a queue; it must be answered once."""
    async with World(folder, model, ScriptedTools()).living(working=False) as world:
        workers = [worker_of(world, queue) for _ in range(2)]
        for worker in workers:
            await worker.start()
        talk = await world.open()
        accepted = await world.say(talk.id, "Hello")
        await queue.publish([Wake(talk.id)])
        assert await world.reply(accepted) is not None
        for worker in workers:
            await worker.stop()
        said = await world.store.conversations.messages(talk.id, 0, 10)
        assert [message.role for message in said] == ["customer", "agent"]
    assert model.calls == 1


async def test_its_wake_is_kept_hidden(tmp_path: Path) -> None:
    """It is extended while the turn runs, and comes to nobody a second time."""
    queue = Counting()
    await turn_on(queue, Slow(), tmp_path)
    assert len(queue.received) == 1
    assert (await queue.stats()).in_flight == 0


async def test_a_wake_that_comes_again_starts_no_second_copy(tmp_path: Path) -> None:
    """The lease tells: whoever holds the conversation goes on, the wake is acked."""
    queue = Forgetful()
    await turn_on(queue, Slow(), tmp_path)
    assert len(queue.received) > 1
