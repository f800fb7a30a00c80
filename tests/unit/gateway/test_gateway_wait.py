import asyncio

import pytest
from gateway_ports import FakeClock, LoopClock
from gateway_world import World

from mainstay.domain.event import Delta
from mainstay.gateway.deps import GatewayOptions
from mainstay.gateway.waits import LEAVE_S


@pytest.fixture
def world() -> World:
    """Return a world whose clock runs with the loop."""
    return World(LoopClock())


async def test_wait_brings_the_reply(world: World):
    """``wait`` answers 200 with the reply as soon as there is one."""
    id_ = await world.conversation()
    async with world.api() as api:
        post = asyncio.create_task(
            api.post(f"/v1/conversations/{id_}/messages?wait=25", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        (turn_id,) = world.store.turns
        world.store.answer(turn_id, "hello")
        answer = await post
    assert answer.status_code == 200
    assert answer.json()["status"] == "answered"
    assert answer.json()["reply"] == {
        "response": "hello",
        "model": "claude",
        "tools_enabled": True,
        "fallback_level": 0,
    }
    assert world.feed.listeners[id_] == []


async def test_wait_ends(world: World):
    """Without a reply in time the answer is 202, and nobody listens any more."""
    id_ = await world.conversation()
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages?wait=0.05", json={"text": "hi"}
        )
    assert answer.status_code == 202
    assert world.feed.listeners[id_] == []


async def test_replay_waits_too(world: World):
    """A replay of an answered message brings its reply."""
    id_ = await world.conversation()
    headers = {"Idempotency-Key": "k"}
    path = f"/v1/conversations/{id_}/messages"
    async with world.api() as api:
        first = await api.post(path, json={"text": "hi"}, headers=headers)
        world.store.answer(first.json()["turn_id"], "hello")
        again = await api.post(f"{path}?wait=1e9", json={"text": "hi"}, headers=headers)
    assert again.status_code == 200
    assert again.json()["message_id"] == first.json()["message_id"]


async def test_deltas_do_not_cost_a_read_each(world: World):
    """A reply being written wakes the waiter often, but the store is read rarely."""
    id_ = await world.conversation()
    async with world.api() as api:
        post = asyncio.create_task(
            api.post(f"/v1/conversations/{id_}/messages?wait=25", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        (turn_id,) = world.store.turns
        for n in range(200):
            world.feed.whisper(Delta(id_, turn_id, 1, n, "x"))
            await asyncio.sleep(0)
        before = world.store.reads
        world.store.answer(turn_id, "hello")
        assert (await post).status_code == 200
    assert before <= 10


@pytest.mark.parametrize(
    "wait", ["-1", "abc", "nan", "inf", "", "1_0", " 1", "1&wait=2"]
)
async def test_bad_wait(world: World, wait: str):
    """A wait that is negative or no number is 422, and nothing is stored."""
    id_ = await world.conversation()
    async with world.api() as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages?wait={wait}", json={"text": "hi"}
        )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "wait"
    assert world.store.log[id_] == []


async def test_waits_are_bounded(world: World):
    """Beyond the limit a request does not wait: 202 at once is always right."""
    id_ = await world.conversation()
    async with world.api(options=GatewayOptions(max_waits=0)) as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages?wait=29", json={"text": "hi"}
        )
    assert answer.status_code == 202


async def test_wait_stays_within_the_request_limit(world: World):
    """A wait ends before the request's own limit, so that it is 202 and never 504."""
    id_ = await world.conversation()
    async with world.api(options=GatewayOptions(request_timeout_s=0.6)) as api:
        answer = await api.post(
            f"/v1/conversations/{id_}/messages?wait=29", json={"text": "hi"}
        )
    assert answer.status_code == 202


@pytest.mark.parametrize(("passed_s", "status"), [(LEAVE_S - 1, 200), (LEAVE_S, 202)])
async def test_drain_ends_waits(passed_s: float, status: int):
    """A process that drains lets waits go on for 8 s, then it answers them 202."""
    clock = FakeClock()
    world = World(clock)
    id_ = await world.conversation()
    app = world.app()
    async with world.client(app) as api:
        post = asyncio.create_task(
            api.post(f"/v1/conversations/{id_}/messages?wait=25", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        app.drain()
        clock.passed_s += passed_s
        world.feed.notify(id_)
        await asyncio.wait([post], timeout=0.05)
        if status == 200:
            (turn_id,) = world.store.turns
            world.store.answer(turn_id, "hello")
        answer = await asyncio.wait_for(post, 5)
    assert answer.status_code == status


async def test_an_outage_does_not_end_a_wait(world: World):
    """The message is stored: its sender hears the reply once the store is back."""
    id_ = await world.conversation()
    async with world.api() as api:
        post = asyncio.create_task(
            api.post(f"/v1/conversations/{id_}/messages?wait=25", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        (turn_id,) = world.store.turns
        world.store.down = True
        world.feed.notify(id_)
        await asyncio.sleep(0)
        world.store.down = False
        world.store.answer(turn_id, "hello")
        world.feed.notify(id_)
        answer = await asyncio.wait_for(post, 5)
    assert answer.status_code == 200


async def test_a_wait_that_ends_in_an_outage_is_a_202(world: World):
    """A 503 would say that nothing was stored, and without a key bring it twice."""
    id_ = await world.conversation()
    async with world.api() as api:
        post = asyncio.create_task(
            api.post(f"/v1/conversations/{id_}/messages?wait=0.2", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        world.store.down = True
        answer = await asyncio.wait_for(post, 5)
    assert answer.status_code == 202


async def test_a_store_that_hangs_does_not_prolong_a_wait(world: World):
    """The wait ends within the request's own limit, so that it is 202 and never 504."""
    id_ = await world.conversation()
    async with world.api(options=GatewayOptions(request_timeout_s=1.5)) as api:
        post = asyncio.create_task(
            api.post(f"/v1/conversations/{id_}/messages?wait=29", json={"text": "hi"})
        )
        await world.feed.listened.wait()
        world.store.stuck = asyncio.Event()
        world.feed.notify(id_)
        answer = await asyncio.wait_for(post, 5)
    assert answer.status_code == 202
