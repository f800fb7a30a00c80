import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from gateway_ports import LoopClock
from gateway_world import CLIENT, World

from mainstay.gateway.app import Gateway
from mainstay.gateway.deps import GatewayOptions
from mainstay.gateway.protocol import MAX_HEAD_BYTES
from mainstay.gateway.server import bind, serve

HEADERS = {"authorization": f"Bearer {CLIENT}"}


@pytest.fixture
def world() -> World:
    """Return a world whose clock runs with the loop."""
    return World(LoopClock())


@asynccontextmanager
async def served(
    world: World, stop: asyncio.Event, app: Gateway | None = None
) -> AsyncIterator[int]:
    """Serve on a free port until the end or ``stop``; give the port."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    listener = bind("127.0.0.1", 0)
    task = asyncio.create_task(
        serve(app or world.app(), listener, stop, ready.set_result)
    )
    try:
        yield await asyncio.wait_for(ready, 5)
    finally:
        stop.set()
        await asyncio.wait_for(task, 10)


async def test_serves_on_a_free_port(world: World):
    """Port 0 takes a free port, which is told once requests are answered."""
    async with served(world, asyncio.Event()) as port, httpx2.AsyncClient() as api:
        answer = await api.get(f"http://127.0.0.1:{port}/health/live")
    assert answer.status_code == 200
    assert "server" not in answer.headers


async def test_taken_port():
    """A port that is taken is an OSError for the caller, not the process's end."""
    first = bind("127.0.0.1", 0)
    with first, pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", first.getsockname()[1])


async def test_stop_finishes_what_was_begun(world: World):
    """After stop a stream ends cleanly and a waiting request is answered."""
    id_ = await world.conversation()
    stop = asyncio.Event()
    async with served(world, stop) as port, httpx2.AsyncClient(headers=HEADERS) as api:
        base = f"http://127.0.0.1:{port}/v1/conversations/{id_}"
        async with api.stream("GET", f"{base}/events") as stream:
            pieces = stream.aiter_text()
            assert await anext(pieces) == "retry: 1000\n\n"
            world.feed.listened.clear()
            post = asyncio.create_task(
                api.post(f"{base}/messages?wait=5", json={"text": "hi"})
            )
            await world.feed.listened.wait()
            stop.set()
            assert "hi" in "".join([piece async for piece in pieces])
        (turn_id,) = world.store.turns
        world.store.answer(turn_id, "hello")
        assert (await post).status_code in (200, 202)
    assert world.feed.listeners[id_] == []
    assert world.telemetry.events == []


async def test_no_request_meets_a_connection_that_a_drain_closes(world: World):
    """What is open at the stop was told before: by an answer of the notice, or a head.

    A stream's head is sent when nobody knows of a drain yet.
    """
    id_, stop, notice = await world.conversation(), asyncio.Event(), asyncio.Event()
    app = world.app(ready=lambda: not notice.is_set())
    async with (
        served(world, stop, app) as port,
        httpx2.AsyncClient(headers=HEADERS) as api,
    ):
        base = f"http://127.0.0.1:{port}"
        assert "connection" not in (await api.get(f"{base}/health/live")).headers
        url = f"{base}/v1/conversations/{id_}/events"
        async with api.stream("GET", url) as stream:
            assert stream.headers.get_list("connection") == ["close"]
            notice.set()
            told = await api.get(f"{base}/health/live")
            assert told.headers.get_list("connection") == ["close"]
            stop.set()
            await stream.aread()


async def test_reader_that_hangs_up_is_forgotten(world: World):
    """A closed connection ends its stream and its listening."""
    id_ = await world.conversation()
    async with served(world, asyncio.Event()) as port:
        async with httpx2.AsyncClient(headers=HEADERS) as api:
            url = f"http://127.0.0.1:{port}/v1/conversations/{id_}/events"
            async with api.stream("GET", url) as stream:
                await anext(stream.aiter_text())
                assert len(world.feed.listeners[id_]) == 1
        await asyncio.wait_for(world.feed.left.wait(), 5)
    assert world.feed.listeners[id_] == []


async def test_reader_that_never_reads_is_cut_off(world: World):
    """Bytes for a reader that does not read are bounded: it is cut off."""
    id_ = await world.conversation()
    for _ in range(300):
        world.store.say(id_, "customer", "x" * 30_000, None)
    app = world.app(GatewayOptions(send_timeout_s=0.2))
    async with served(world, asyncio.Event(), app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        head = f"GET /v1/conversations/{id_}/events HTTP/1.1\r\nhost: x\r\n"
        writer.write(f"{head}authorization: Bearer {CLIENT}\r\n\r\n".encode())
        await asyncio.wait_for(world.feed.left.wait(), 10)
        received = 0
        while piece := await reader.read(65_536):
            received += len(piece)
        writer.close()
    assert received < 9_000_000


@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nx: ", b"GET /"])
async def test_endless_head_is_refused(world: World, head: bytes):
    """A request head that does not end within 64 KB is 431 and the end."""
    async with served(world, asyncio.Event()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"a" * (MAX_HEAD_BYTES + 1))
        answer = await asyncio.wait_for(reader.read(1_000), 5)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 431 ")
