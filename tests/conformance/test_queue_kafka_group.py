"""Several receivers on one Kafka topic: who has what, and what outlives whom."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from tests.conformance.kafka_queues import (
    BATCH,
    PARTITIONS,
    Troubles,
    made,
    receiver,
    share,
)

from mainstay.domain.wake import Wake
from mainstay.queues.kafka.admin import Admin
from mainstay.queues.kafka.options import KafkaOptions
from mainstay.queues.kafka.queue import KafkaQueue
from mainstay.system.clock import SystemClock
from mainstay.testing.queue_conformance import names
from mainstay.testing.servers.kafka import KafkaServer

LONG_S = 60.0
WAKES = [Wake(f"conv_{at}") for at in range(4 * PARTITIONS)]
"""Enough for every partition to have some."""

VICTIM = """
import asyncio, sys
from tests.conformance.kafka_queues import options_at, receiver

async def main():
    of = options_at(sys.argv[1], visibility_s=60.0, session_s=1.5)
    async with receiver(of) as queue:
        found = []
        while len(found) < int(sys.argv[2]):
            found += await queue.receive(100, 1)
        print("received", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(kafka_server: KafkaServer) -> KafkaServer:
    """Give the server that all tests have."""
    return kafka_server


@pytest_asyncio.fixture
async def fresh(server: KafkaServer) -> KafkaOptions:
    """Make a topic whose received wakes come again only where a process ends."""
    return await made(server, visibility_s=LONG_S)


async def received(queue: KafkaQueue, count: int) -> list[Wake]:
    """Receive so many wakes, which must be there."""
    found: list[Wake] = []
    async with asyncio.timeout(15):
        while len(found) < count:
            found += await queue.receive(count - len(found), 1)
    return found


async def commits(of: KafkaOptions, wanted: dict[int, int]) -> None:
    """Return when the group has committed so far, in these partitions and no others."""
    admin = Admin(of)
    async with asyncio.timeout(10):
        while (found := await asyncio.to_thread(admin.committed)) != wanted:
            assert all(offset <= wanted.get(n, 0) for n, offset in found.items())
            await SystemClock().sleep(0.1)


async def test_a_gap_is_never_committed_past(server):
    """What is acked behind an open wake comes again with it, and nothing before it."""
    fresh = await made(server, visibility_s=LONG_S, partitions=1)
    async with receiver(fresh) as queue:
        await queue.publish([Wake(f"conv_{at}") for at in range(5)])
        wakes = await received(queue, 5)
        await queue.ack([wakes[4], wakes[0], wakes[2]])
        await commits(fresh, {0: 1})
        await queue.ack([wakes[1]])
        await commits(fresh, {0: 3})
    async with receiver(fresh) as queue:
        assert names(await received(queue, 2)) == ["conv_3", "conv_4"]
        assert await queue.receive(10, 0.5) == []


async def test_a_gap_is_closed_when_its_wake_comes_again(server):
    """What was received and forgotten comes again, acked it lets the commit move on."""
    fresh = await made(server, visibility_s=0.5, partitions=1)
    async with receiver(fresh) as queue:
        await queue.publish([Wake("conv_0"), Wake("conv_1")])
        wakes = await received(queue, 2)
        await queue.ack(wakes[1:])
        again = await received(queue, 1)
        assert names(again) == ["conv_0"]
        await queue.ack(again)
        await commits(fresh, {0: 2})


async def test_a_rebalance_in_mid_turn_loses_nothing(fresh: KafkaOptions):
    """Open wakes of what moves come to its new owner; late acks of them are dropped."""
    async with receiver(fresh) as one:
        await one.publish(WAKES)
        mine = await received(one, PARTITIONS)
        async with receiver(fresh) as two:
            await share([one, two], fresh)
            moved = await received(two, 1)
            while more := await two.receive(100, 1):
                moved += more
            while more := await one.receive(100, 0.5):
                assert not set(names(more)) & set(names(moved))
                mine += more
            both = [*mine, *moved]
            assert set(names(both)) == set(names(WAKES))
            await one.ack(mine)
            kept = ends(both, set(names(WAKES)) - set(names(moved)))
            assert len(kept) == PARTITIONS // 2
            await commits(fresh, kept)
            await two.ack(moved)
            await commits(fresh, ends(both, set(names(WAKES))))


async def test_who_is_killed_loses_nothing(fresh: KafkaOptions):
    """What a process received and did not ack comes to another within its session."""
    async with receiver(fresh) as queue:
        await queue.publish(WAKES)
        victim = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", VICTIM, f"kafka://{fresh.servers}/{fresh.topic}", str(len(WAKES))),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert victim.stdout is not None
        async with asyncio.timeout(30):
            assert await victim.stdout.readline() == b"received\n"
        victim.kill()
        await victim.wait()
        assert set(names(await received(queue, len(WAKES)))) == set(names(WAKES))


async def test_who_stops_hands_over_at_once(fresh: KafkaOptions):
    """Its partitions need no session's end to go to another, nor what it acked."""
    async with receiver(fresh) as one, receiver(fresh) as two:
        await one.publish(WAKES)
        mine = await received(one, len(WAKES))
        await one.ack(mine[:3])
        await two.receive(1, 0)
        start_s = time.monotonic()
        await one.stop()
        left = await received(two, len(WAKES) - 3)
        assert time.monotonic() - start_s < fresh.session_s / 2
        acked = set(names(mine[:3]))
        assert set(names(left)) >= {w.conversation_id for w in WAKES} - acked


async def test_who_does_not_receive_has_left(fresh: KafkaOptions):
    """A worker that drains keeps nothing from the others, and may come back."""
    brief = replace(fresh, idle_s=0.5)
    async with receiver(brief) as one, receiver(fresh) as two:
        await one.receive(1, 3)
        await one.publish(WAKES)
        assert len(await received(two, len(WAKES))) == len(WAKES)
        await SystemClock().sleep(0.1)
        await two.stop()
        assert len(await received(one, len(WAKES))) == len(WAKES)


async def test_who_only_publishes_has_no_partitions(fresh: KafkaOptions):
    """A gateway takes no part in the group."""
    async with receiver(fresh) as gateway, receiver(fresh) as worker:
        await share([worker], fresh)
        await gateway.publish(WAKES)
        assert len(await received(worker, len(WAKES))) == len(WAKES)


async def test_a_slow_consumer_keeps_its_partitions(server):
    """Full, and with turns longer than the poll interval, it stays and can ack."""
    fresh = await made(server, visibility_s=LONG_S, session_s=2.0, poll_interval_s=2.0)
    troubles = Troubles()
    async with receiver(fresh, troubles) as queue:
        many = [Wake(f"conv_{at}") for at in range(5 * BATCH)]
        await queue.publish(many)
        mine = await received(queue, BATCH)
        await SystemClock().sleep(1.5 * fresh.poll_interval_s)
        await queue.ack(mine)
        rest = await received(queue, 4 * BATCH)
        assert sorted(names([*mine, *rest])) == sorted(w.conversation_id for w in many)
        await queue.ack(rest)
        await commits(fresh, ends([*mine, *rest], set(names(many))))
    assert troubles.texts == []


async def test_a_blocked_loop_is_no_death(server):
    """The group does not notice it, and acks made after it count."""
    fresh = await made(server, visibility_s=LONG_S, session_s=2.0, poll_interval_s=2.0)
    troubles = Troubles()
    async with receiver(fresh, troubles) as queue:
        await queue.publish(WAKES)
        mine = await received(queue, len(WAKES))
        time.sleep(1.5 * fresh.poll_interval_s)  # noqa: ASYNC251 - blocks the loop
        await queue.ack(mine)
        await commits(fresh, ends(mine, set(names(WAKES))))
    assert troubles.texts == []


def ends(wakes: Sequence[Wake], of: set[str]) -> dict[int, int]:
    """Return the commit of each partition when these conversations' wakes are acked."""
    found: dict[int, int] = {}
    for wake in wakes:
        if wake.conversation_id in of:
            partition, offset, _ = map(int, wake.handle.split("/"))
            found[partition] = max(found.get(partition, 0), offset + 1)
    return found
