"""A Redis that is gone, stopped, slow or new costs its users next to nothing."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Iterator

import pytest
import uvloop
from tests import scratch
from tests.conformance.redis_servers import Heard, connected

from mainstay.caches.redis.cache import TIMEOUT_S, RedisCache
from mainstay.caches.redis.connection import CacheUnreachable, Connection
from mainstay.testing.proxy import Proxy
from mainstay.testing.servers.redis import RedisServer

AT_ONCE_S = 0.02
"""More than the loop takes for an answer that nobody is asked for."""

NOT_LATE_S = TIMEOUT_S + 0.05
"""The time-out, and some room for a busy machine."""

CALLS = 12


@pytest.fixture(scope="module")
def module_server() -> Iterator[RedisServer]:
    """Give a server of this module's own."""
    one = RedisServer(scratch.folder("redis"))
    yield one
    one.stop()


@pytest.fixture
def server(module_server: RedisServer) -> Iterator[RedisServer]:
    """Give it running and empty."""
    module_server.stop()
    module_server.start()
    yield module_server
    module_server.process.kill()


@pytest.fixture
def heard() -> Heard:
    """Give who hears of the cache."""
    return Heard()


@pytest.fixture
async def cache(server: RedisServer, heard: Heard) -> AsyncGenerator[RedisCache]:
    """Connect as a process does."""
    async with connected(
        "faults", url=server.url, timeout_s=TIMEOUT_S, heard=heard
    ) as one:
        yield one


async def durations(cache: RedisCache, calls: int = CALLS) -> list[float]:
    """Return the seconds that each of some calls took; none has an answer."""
    took_s: list[float] = []
    for n in range(calls):
        started_s = time.monotonic()
        if n % 3 == 0:
            assert await cache.take("ada", 60, 60) is None
        elif n % 3 == 1:
            assert await cache.get_context("conv_1") is None
        else:
            assert await cache.circuits.look(["m"]) is None
            assert cache.circuits.is_up is cache.is_up
        took_s.append(time.monotonic() - started_s)
    return took_s


async def test_a_killed_server_is_noticed_and_comes_back(
    server: RedisServer, cache: RedisCache, heard: Heard
):
    """Nobody waits; a second after its restart it is used again, knowing nothing."""
    assert await cache.put_context("conv_1", b"text")
    server.process.kill()
    assert max(await durations(cache)) < NOT_LATE_S
    assert not cache.is_up
    assert heard.states == ["up", "down"]
    assert sum(await durations(cache)) < AT_ONCE_S * CALLS
    server.start()
    await heard.until("up")
    assert cache.is_up
    assert await cache.get_context("conv_1") == b""
    assert await cache.take("ada", 60, 60) is not None


async def test_a_frozen_server_delays_three_calls_by_the_time_out(
    server: RedisServer, cache: RedisCache, heard: Heard
):
    """Its socket is half open: it takes what is sent, and says nothing."""
    server.process.freeze()
    took_s = await durations(cache)
    assert max(took_s) < NOT_LATE_S
    assert sum(one > AT_ONCE_S for one in took_s) <= 3
    assert heard.states == ["up", "slow"]
    server.process.thaw()
    await heard.until("up")
    assert await cache.put_context("conv_1", b"text")
    assert await cache.get_context("conv_1") == b"text"


async def test_no_answer_is_ever_given_to_another_call(
    server: RedisServer, cache: RedisCache, heard: Heard
):
    """What came too late for one call is not taken for the next one's."""
    for n in range(40):
        await cache.put_context(f"conv_{n}", str(n).encode())
    for _ in range(5):
        server.process.freeze()
        late = [cache.get_context(f"conv_{n}") for n in range(20)]
        assert set(await asyncio.gather(*late)) <= {None, *map(_text, range(20))}
        server.process.thaw()
        await heard.until("up")
        found = [await cache.get_context(f"conv_{n}") for n in range(40)]
        assert all(got in (None, _text(n)) for n, got in enumerate(found))
        await heard.until("up")


async def test_a_rush_on_a_frozen_server_waits_once(
    server: RedisServer, cache: RedisCache
):
    """However many ask at one moment, each is on its own within the time-out."""
    server.process.freeze()
    started_s = time.monotonic()
    found = await asyncio.gather(*(cache.take("ada", 60, 60) for _ in range(200)))
    # One after another they take ten seconds.
    assert time.monotonic() - started_s < 2
    assert found == [None] * 200


async def test_a_start_without_a_server_succeeds(server: RedisServer, heard: Heard):
    """It is away from the first; once it is there it is used."""
    server.process.kill()
    async with connected("faults", url=server.url, heard=heard) as cache:
        assert heard.states == ["down"]
        assert await cache.take("ada", 60, 60) is None
        server.start()
        await heard.until("up")
        assert await cache.take("ada", 60, 60) is not None


async def test_a_start_beside_a_frozen_server_takes_a_second(
    server: RedisServer, heard: Heard
):
    """No longer."""
    server.process.freeze()
    started_s = time.monotonic()
    async with connected("faults", url=server.url, heard=heard):
        assert time.monotonic() - started_s < 1.5
        assert heard.states == ["slow"]


@pytest.mark.parametrize("command", ["SCRIPT FLUSH", "FLUSHALL"])
async def test_a_server_may_forget_at_any_time(
    server: RedisServer, cache: RedisCache, heard: Heard, command: str
):
    """Scripts are sent again, and what was known is not there: nobody sees an error."""
    for _ in range(3):
        assert await cache.take("ada", 60, 60) is not None
        assert await cache.circuits.probe("m", 7, "trial", 3, 10) is not None
        server.run(*command.split())
    assert await cache.block("sonnet", 5)
    assert heard.states == ["up"]


async def test_a_full_server_is_a_server_that_is_away(
    server: RedisServer, cache: RedisCache, heard: Heard
):
    """Without room it refuses writes, and tells nobody's data to the log."""
    server.run("CONFIG", "SET", "maxmemory", "1")
    assert not await cache.put_context("conv_1", b"secret words")
    assert heard.states[:2] == ["up", "down"]
    assert "secret" not in heard.changes[1].detail
    server.run("CONFIG", "SET", "maxmemory", "0")
    await heard.until("up")
    assert await cache.put_context("conv_1", b"text")


def _text(n: int) -> bytes:
    return str(n).encode()


def test_a_reset_connection_is_a_server_that_is_away(server: RedisServer) -> None:
    """On the loop that serves, whose own error it is when it is written to."""

    async def reset() -> None:
        async with Proxy(server.port) as proxy:
            url = server.url.replace(f":{server.port}/", f":{proxy.port}/")
            way = Connection(url, timeout_s=2)
            assert await asyncio.gather(*(way.ask("PING") for _ in range(3)))
            proxy.cut("rst")
            async with asyncio.timeout(5):
                while proxy.lines:  # noqa: ASYNC110 - another party's state
                    await asyncio.sleep(0.01)
            for _ in range(3):
                with contextlib.suppress(CacheUnreachable):
                    await way.ask("PING")
            assert await way.ask("PING")
            await way.close()

    uvloop.run(reset())
