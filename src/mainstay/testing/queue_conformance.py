"""What every adapter of the Queue port must do; run it on yours.

Subclass ``QueueConformance`` and give it a ``stage`` fixture: two receivers on one
fresh queue, as two processes have them, and a way to make and end work behind it.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Protocol

import pytest

from mainstay.domain.wake import Wake
from mainstay.ports.queue import Queue

PATIENCE_S = 600.0
"""Far longer than any test: who waits for so long is woken by a signal."""

RELEASE_S = 6.0
"""A delay longer than the visibility of most stages."""

ROUNDS = 100
"""More receives than any test here needs to empty a queue."""

GLANCE_S = 0.05
"""How long a test looks whether something that must not happen does happen."""


class Stage(Protocol):
    """A queue under test, the work behind it, and its time."""

    @property
    def queue(self) -> Queue:
        """The queue as one process has it."""
        ...

    @property
    def other(self) -> Queue:
        """The same queue as another process has it."""
        ...

    @property
    def soon_s(self) -> float:
        """How long a receive may take to see what was published, in seconds."""
        ...

    async def forgotten(self) -> None:
        """Return when what was received and never acked may be received again.

        A visibility has passed, or both receivers have died and come back.
        """
        ...

    async def due(self) -> str:
        """Give a new conversation work, publish nothing, and return its id."""
        ...

    async def done(self, conversation_id: str) -> None:
        """Claim the conversation and end its work."""
        ...

    async def pass_time(self, seconds: float) -> None:
        """Return when the queue's time has moved on."""
        ...


async def published(stage: Stage, count: int = 1) -> list[str]:
    """Make conversations due, publish their wakes and return their ids."""
    ids = [await stage.due() for _ in range(count)]
    await stage.queue.publish([Wake(id_) for id_ in ids])
    return ids


async def drained(stage: Stage, queue: Queue) -> list[Wake]:
    """Receive until there is nothing more to receive now, which must come soon."""
    found: list[Wake] = []
    for _ in range(ROUNDS):
        wakes = await queue.receive(100, stage.soon_s)
        if not wakes:
            return found
        found += wakes
    raise AssertionError("what was received is received again and again")


def names(wakes: Sequence[Wake]) -> list[str]:
    """Return whose wakes these are, sorted."""
    return sorted(wake.conversation_id for wake in wakes)


class QueueConformance:
    """The contract of ``ports.Queue``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_it_declares_what_it_can(self, stage: Stage) -> None:
        """Batch and delay are figures that can be planned with, alike everywhere."""
        able = stage.queue.capabilities
        assert able.batch >= 1
        assert able.max_delay_s >= 0
        assert able.extend_every_s > 0
        assert stage.other.capabilities == able

    async def test_what_was_published_is_received(self, stage: Stage) -> None:
        """By any process, with what is needed to ack it."""
        (id_,) = await published(stage)
        (wake,) = await stage.other.receive(10, stage.soon_s)
        assert wake.conversation_id == id_
        assert wake.handle

    async def test_nothing_is_lost(self, stage: Stage) -> None:
        """Each of many conversations is received, in batches, by whoever asks."""
        ids = await published(stage, 3 * stage.queue.capabilities.batch + 1)
        found = await asyncio.gather(
            drained(stage, stage.queue), drained(stage, stage.other)
        )
        assert names([*found[0], *found[1]]) == sorted(ids)

    async def test_one_wake_is_enough(self, stage: Stage) -> None:
        """Several for one conversation may become one; done, none is left."""
        (id_,) = await published(stage)
        await stage.queue.publish([Wake(id_), Wake(id_)])
        await stage.other.publish([Wake(id_)])
        wakes = await drained(stage, stage.queue)
        assert set(names(wakes)) == {id_}
        await stage.done(id_)
        await stage.queue.ack(wakes)
        await stage.forgotten()
        assert await drained(stage, stage.queue) == []

    async def test_a_batch_has_its_limit(self, stage: Stage) -> None:
        """Never more than was asked for, nor than the adapter's batch."""
        batch = stage.queue.capabilities.batch
        await published(stage, batch + 2)
        assert len(await stage.queue.receive(1, stage.soon_s)) == 1
        assert len(await stage.queue.receive(batch + 1, stage.soon_s)) <= batch

    async def test_an_empty_queue_says_so(self, stage: Stage) -> None:
        """Without a wait, at once."""
        async with asyncio.timeout(PATIENCE_S / 100):
            assert await stage.queue.receive(10, 0) == []

    async def test_a_receive_waits_as_long_as_it_may(self, stage: Stage) -> None:
        """It comes back empty-handed when its time is over, not before."""
        waiting = asyncio.create_task(stage.queue.receive(1, 2))
        assert await _still(waiting)
        await stage.pass_time(2)
        assert await waiting == []

    async def test_a_publish_ends_the_wait(self, stage: Stage) -> None:
        """Here and in other processes, long before its time is over."""
        for side in (stage.queue, stage.other):
            waiting = asyncio.create_task(side.receive(1, PATIENCE_S))
            assert await _still(waiting)
            (id_,) = await published(stage)
            assert names(await waiting) == [id_]

    async def test_a_received_wake_is_hidden(self, stage: Stage) -> None:
        """From everybody, until its visibility ends; then it comes again."""
        (id_,) = await published(stage)
        for _ in range(3):
            assert names(await drained(stage, stage.queue)) == [id_]
            assert await drained(stage, stage.queue) == []
            assert await drained(stage, stage.other) == []
            await stage.forgotten()

    async def test_each_goes_to_one(self, stage: Stage) -> None:
        """Of many who receive at once, each wake reaches one."""
        batch = stage.queue.capabilities.batch
        ids = await published(stage, batch)
        sides = (stage.queue, stage.other) * 4
        found = await asyncio.gather(
            *(side.receive(batch, stage.soon_s) for side in sides)
        )
        assert names([wake for wakes in found for wake in wakes]) == sorted(ids)

    async def test_an_ack_is_the_end(self, stage: Stage) -> None:
        """Of the work that was done; the rest comes again."""
        done, left = await published(stage, 2)
        wakes = await drained(stage, stage.queue)
        await stage.done(done)
        await stage.queue.ack([wake for wake in wakes if wake.conversation_id == done])
        await stage.forgotten()
        assert names(await drained(stage, stage.other)) == [left]

    async def test_work_after_an_ack_is_new(self, stage: Stage) -> None:
        """An ack forgets wakes, not the conversation."""
        (id_,) = await published(stage)
        wakes = await drained(stage, stage.queue)
        await stage.done(id_)
        await stage.queue.ack(wakes)
        (more,) = await published(stage)
        assert names(await drained(stage, stage.queue)) == [more]

    async def test_what_is_released_comes_again(self, stage: Stage) -> None:
        """At once without a delay, and to anybody, also to one who waits."""
        (id_,) = await published(stage)
        waiting = asyncio.create_task(stage.other.receive(1, PATIENCE_S))
        wakes = await waiting
        again = asyncio.create_task(stage.queue.receive(1, PATIENCE_S))
        assert await _still(again)
        await stage.other.release(wakes, 0)
        assert names(await again) == [id_]

    async def test_a_release_can_wait(self, stage: Stage) -> None:
        """Not before its delay, and then; where nothing can wait, it says so."""
        delay_s = min(RELEASE_S, stage.queue.capabilities.max_delay_s)
        (id_,) = await published(stage)
        wakes = await drained(stage, stage.queue)
        if delay_s:
            await stage.queue.release(wakes, delay_s)
            await stage.pass_time(delay_s * 0.9)
            assert await drained(stage, stage.other) == []
            await stage.pass_time(delay_s * 0.1)
        else:
            await stage.queue.release(wakes, 0)
        assert names(await drained(stage, stage.other)) == [id_]

    async def test_a_delay_has_a_limit(self, stage: Stage) -> None:
        """What is declared; a longer one is refused, and the wake stays received."""
        longest_s = stage.queue.capabilities.max_delay_s
        if math.isinf(longest_s):
            return
        (id_,) = await published(stage)
        wakes = await drained(stage, stage.queue)
        with pytest.raises(ValueError, match="delay"):
            await stage.queue.release(wakes, longest_s + 1)
        assert await drained(stage, stage.other) == []
        await stage.forgotten()
        assert names(await drained(stage, stage.other)) == [id_]

    async def test_a_delay_stalls_nobody_else(self, stage: Stage) -> None:
        """What waits at the head lets the others pass."""
        delay_s = min(60, stage.queue.capabilities.max_delay_s)
        await published(stage)
        received = await drained(stage, stage.queue)
        if delay_s:
            await stage.queue.release(received, delay_s)
        ids = await published(stage, 2)
        assert names(await drained(stage, stage.other)) == sorted(ids)

    async def test_an_extended_wake_stays_hidden(self, stage: Stage) -> None:
        """As long as it is extended in time, from everybody; acked, it is gone."""
        every_s = stage.queue.capabilities.extend_every_s
        if math.isinf(every_s):
            return
        assert stage.queue.capabilities.holds
        (id_,) = await published(stage)
        wakes = await drained(stage, stage.queue)
        for _ in range(5):
            await stage.pass_time(every_s)
            await stage.queue.extend(wakes)
            assert await stage.other.receive(10, 0) == []
        await stage.done(id_)
        await stage.queue.ack(wakes)
        await stage.forgotten()
        assert await drained(stage, stage.other) == []

    async def test_who_gives_up_takes_nothing_along(self, stage: Stage) -> None:
        """A cancelled receive costs time at most, never a wake."""
        for _ in range(5):
            waiting = asyncio.create_task(stage.queue.receive(10, PATIENCE_S))
            assert await _still(waiting, glance_s=0.01)
            (id_,) = await published(stage)
            waiting.cancel()
            await asyncio.wait({waiting})
            await stage.forgotten()
            wakes = await drained(stage, stage.queue)
            assert id_ in names(wakes)
            await stage.done(id_)
            await stage.queue.ack(wakes)

    async def test_nothing_is_nothing(self, stage: Stage) -> None:
        """No wakes to publish, ack or release leave everything as it is."""
        (id_,) = await published(stage)
        await stage.queue.publish([])
        await stage.queue.ack([])
        await stage.queue.extend([])
        await stage.queue.release([], 0)
        assert names(await drained(stage, stage.queue)) == [id_]

    async def test_the_backlog_is_told(self, stage: Stage) -> None:
        """What may be received, what was, and the age of what waits longest."""
        empty = await stage.queue.stats()
        assert (empty.ready, empty.in_flight, empty.oldest_age_s) == (0, 0, 0)
        await published(stage, 3)
        await stage.pass_time(1)
        await stage.queue.receive(1, stage.soon_s)
        stats = await stage.other.stats()
        assert stats.exact == stage.queue.capabilities.exact_stats
        if stats.exact:
            assert (stats.ready, stats.in_flight, stats.delayed) == (2, 1, 0)
            assert stats.oldest_age_s == pytest.approx(1, abs=0.5)


async def _still(waiting: asyncio.Task[list[Wake]], glance_s: float = GLANCE_S) -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=glance_s)
    return not done
