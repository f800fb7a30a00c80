"""The queue on SQS while its server stops, freezes, or holds what is no wake."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
from tests.conformance.sqs_queues import Troubles, made, options, receiver, serving

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.sqs.client import Client
from mainstay.queues.sqs.options import SqsOptions
from mainstay.queues.sqs.polls import MAX_IDLE
from mainstay.queues.sqs.queue import SqsQueue
from mainstay.queues.sqs.setup import init
from mainstay.system.chance import SystemRandom
from mainstay.system.clock import SystemClock
from mainstay.testing.servers.elasticmq import ElasticMqServer

TIMEOUT_S = 1.0
SLACK_S = 1.5
"""What a busy machine may add."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ElasticMqServer]:
    """Start one server for all tests, which they may stop."""
    with serving(tmp_path_factory.mktemp("elasticmq")) as started:
        yield started


@pytest_asyncio.fixture
async def fresh(server: ElasticMqServer) -> SqsOptions:
    """Make a queue with its dead letters."""
    server.start()
    return await made(server, timeout_s=TIMEOUT_S)


@pytest_asyncio.fixture
async def raw(fresh: SqsOptions) -> AsyncIterator[Client]:
    """Give a plain client of the API."""
    from aiobotocore.session import get_session

    async with get_session().create_client(
        "sqs",
        endpoint_url=fresh.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - of a server without secrets
    ) as client:
        yield client


async def until_works(queue: SqsQueue, id_: str) -> None:
    """Publish as a relay does, until the queue takes it."""
    async with asyncio.timeout(20):
        while True:
            try:
                await queue.publish([Wake(id_)])
            except QueueUnavailable:
                await SystemClock().sleep(0.05)
            else:
                return


async def refused_within(seconds: float, queue: SqsQueue) -> None:
    """Expect that every verb says soon that the queue is away."""
    held = [Wake("conv_1", "handle")]
    for work in (
        lambda: queue.publish([Wake("conv_1")]),
        lambda: queue.receive(10, 0),
        lambda: queue.ack(held),
        lambda: queue.extend(held),
        lambda: queue.release(held, 0),
        queue.stats,
    ):
        start_s = time.monotonic()
        with pytest.raises(QueueUnavailable):
            await work()
        assert time.monotonic() - start_s < seconds


async def bodies(raw: Client, url: str) -> list[str]:
    """Receive all that a queue has."""
    found: list[str] = []
    while True:
        answer = await raw.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60
        )
        if not answer.get("Messages"):
            return found
        found += [each["Body"] for each in answer["Messages"]]


async def becomes_true(condition: Callable[[], bool]) -> None:
    """Wait for a background task, a few seconds at most."""
    async with asyncio.timeout(5):
        while not condition():
            await SystemClock().sleep(0.02)


async def test_a_stopped_server_is_told_and_met_again(server, fresh: SqsOptions):
    """Each verb fails within a second while it is away; then all is well by itself."""
    async with receiver(fresh) as queue:
        await queue.publish([Wake("before")])
        (wake,) = await queue.receive(10, 2)
        await queue.ack([wake])
        server.process.kill()
        await refused_within(1.0, queue)
        server.start()
        await until_works(queue, "after")
        found = await queue.receive(10, 5)
        assert {wake.conversation_id for wake in found} == {"after"}


async def test_a_waiting_receive_notices_the_end(server, fresh: SqsOptions):
    """A receive that waits is told when the server dies, long before its time."""
    async with receiver(fresh) as queue:
        waiting = asyncio.create_task(queue.receive(10, 60))
        await asyncio.wait({waiting}, timeout=0.3)
        server.process.kill()
        async with asyncio.timeout(1 + SLACK_S):
            with pytest.raises(QueueUnavailable):
                await waiting


async def test_a_frozen_server_hangs_nobody(server, fresh: SqsOptions):
    """Calls end with their timeout, and half-open connections are not used again."""
    async with receiver(fresh) as queue:
        server.process.freeze()
        try:
            await refused_within(TIMEOUT_S + SLACK_S, queue)
        finally:
            server.process.thaw()
        await until_works(queue, "after")
        found = await queue.receive(10, 5)
        assert "after" in {wake.conversation_id for wake in found}


@pytest.mark.parametrize("how", ["kill", "freeze"])
async def test_a_stop_needs_no_server(server, fresh: SqsOptions, how: str):
    """It takes less than 5 s with calls under way, and may be repeated."""
    async with receiver(fresh) as queue:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await queue.receive(10, 60)
        getattr(server.process, how)()
        try:
            async with asyncio.timeout(5):
                await queue.stop()
                await queue.stop()
        finally:
            if how == "freeze":
                server.process.thaw()
        with pytest.raises(QueueUnavailable, match="not started"):
            await queue.receive(1, 0)


async def test_a_start_needs_no_server(server, fresh: SqsOptions):
    """It returns, says what is the matter, and works once the server is there."""
    server.stop()
    troubles = Troubles()
    async with asyncio.timeout(10):
        context = receiver(fresh, troubles)
        queue = await context.__aenter__()
    try:
        assert len(troubles.texts) == 1
        server.start()
        await until_works(queue, "late")
        found = await queue.receive(10, 5)
        assert {wake.conversation_id for wake in found} == {"late"}
    finally:
        await context.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        '{"conversation_id": "conv_1", "v": 2}',
        '{"conversation_id": 7, "v": 1}',
        '{"conversation_id": "", "v": 1}',
    ],
)
async def test_what_is_no_wake_is_buried_once(fresh: SqsOptions, raw, body: str):
    """It goes to the dead letters as it came; wakes beside it are received."""
    troubles = Troubles()
    async with receiver(fresh, troubles) as queue:
        await raw.send_message(QueueUrl=fresh.url, MessageBody=body)
        await queue.publish([Wake("conv_good")])
        found = await queue.receive(10, 2) or await queue.receive(10, 2)
        assert [wake.conversation_id for wake in found] == ["conv_good"]
        await queue.ack(found)
        await SystemClock().sleep(fresh.visibility_s + 0.1)
        assert await queue.receive(10, 0.5) == []
        assert (await queue.stats()).dead == 1
    assert await bodies(raw, fresh.dead_url) == [body]
    assert len(troubles.texts) == 1
    assert body not in troubles.texts[0]


async def test_unknown_keys_are_ignored(fresh: SqsOptions, raw):
    """Newer senders may add to a wake."""
    body = {"conversation_id": "conv_1", "v": 1, "traceparent": "00-0-0-00"}
    await raw.send_message(QueueUrl=fresh.url, MessageBody=json.dumps(body))
    async with receiver(fresh) as queue:
        (wake,) = await queue.receive(10, 2)
        assert wake.conversation_id == "conv_1"


async def test_a_poisonous_wake_does_not_loop(server, raw):
    """What nobody ever acks is among the dead letters after so many receives."""
    server.start()
    poisoned = await made(server, max_receives=2)
    async with receiver(poisoned) as queue:
        await queue.publish([Wake("conv_1")])
        for _ in range(2):
            await queue.release(await queue.receive(10, 2), 0)
        assert await queue.receive(10, 0.5) == []
    assert len(await bodies(raw, poisoned.dead_url)) == 1


async def test_an_ack_survives_its_caller(fresh: SqsOptions):
    """A cancelled caller's ack and release reach the queue nevertheless."""
    async with receiver(fresh) as queue:
        await queue.publish([Wake("acked"), Wake("released")])
        found = await queue.receive(10, 2)
        while len(found) < 2:
            found += await queue.receive(10, 2)
        by_id = {wake.conversation_id: wake for wake in found}
        for work in (
            queue.ack([by_id["acked"]]),
            queue.release([by_id["released"]], 0),
        ):
            task = asyncio.create_task(work)
            await asyncio.wait({task}, timeout=0.0)
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled()
        (again,) = await queue.receive(10, 1)
        assert again.conversation_id == "released"
        await queue.ack([again])
        await SystemClock().sleep(fresh.visibility_s + 0.1)
        assert await queue.receive(10, 0.5) == []


async def test_who_gives_up_frees_wakes_at_once(server):
    """Whatever a cancelled receive still brings is visible long before its end."""
    server.start()
    slow = await made(server, visibility_s=600)
    async with receiver(slow) as one, receiver(slow) as two:
        for at in range(10):
            waiting = asyncio.create_task(one.receive(10, 60))
            await asyncio.wait({waiting}, timeout=0.02)
            publishing = asyncio.create_task(two.publish([Wake(f"conv_{at}")]))
            await asyncio.wait({publishing, waiting}, timeout=at * 0.004)
            waiting.cancel()
            await asyncio.wait({waiting, publishing})
            if not waiting.cancelled():
                await one.release(waiting.result(), 0)
            async with asyncio.timeout(5):
                (wake,) = await two.receive(10, 4)
            await two.ack([wake])


async def test_calls_without_callers_are_few(fresh: SqsOptions):
    """A hundred receives that were given up leave four calls behind at most."""
    async with receiver(fresh) as queue:
        tasks = [asyncio.create_task(queue.receive(1, 20)) for _ in range(100)]
        await asyncio.wait(tasks, timeout=0.5)
        before = len(asyncio.all_tasks())
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await becomes_true(lambda: len(asyncio.all_tasks()) <= MAX_IDLE + 10)
        assert before > 100


async def test_set_up_may_be_repeated(server):
    """The first run makes queue, dead letters and policy; the next finds them."""
    server.start()
    new = options(server)
    clock, chance = SystemClock(), SystemRandom()
    first = await init(new, clock, chance)
    assert [line.rsplit(": ", 1)[1] for line in first[:2]] == ["made", "made"]
    second = await init(new, clock, chance)
    assert [line.rsplit(": ", 1)[1] for line in second] == ["was there"] * 3


async def test_a_queue_that_is_missing_is_told(server):
    """With the command that makes it."""
    server.start()
    async with receiver(options(server)) as queue:
        with pytest.raises(QueueUnavailable, match="mainstay queue init"):
            await queue.publish([Wake("conv_1")])
