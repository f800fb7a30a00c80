"""Three processes on a real Redis and a real server: who reaches it while half-open."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest
from tests.conformance.redis_servers import connected, server

from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.resilience.breaker import Breaker, BreakerOptions
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.world import Notes

NAME = "anthropic/main/sonnet"
OPEN_S = 0.4
CALLERS = 100

_numbers = itertools.count(1)


@dataclass
class Model:
    """A server that keeps whoever reaches it until it is told to answer."""

    port: int = 0
    reached: int = 0
    answer: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["Model"]:
        """Listen."""
        listener = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        async with listener:
            self.port = listener.sockets[0].getsockname()[1]
            yield self
            self.answer.set()

    async def call(self) -> bytes:
        """Return its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            return await reader.read()
        finally:
            writer.close()

    async def _talk(
        self, _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reached += 1
        await self.answer.wait()
        writer.write(b"ok")
        writer.close()


@dataclass
class Fleet:
    """Three processes' breakers of one model."""

    breakers: list[SharedBreaker]
    shared: list[SharedBreakers]
    model: Model

    async def call(self, n: int) -> bytes | None:
        """Make a call as one of the processes; None where it is refused."""
        permit = await self.breakers[n % 3].admit()
        if permit is None:
            return None
        told = await self.model.call()
        permit.success()
        return told

    async def half_open(self) -> None:
        """Open the breaker by failures in one process; return when trials are due."""
        for _ in range(5):
            permit = await self.breakers[0].admit()
            assert permit is not None
            permit.failure()
        for one in self.shared:
            await one.look()
        assert [one.breaker.state for one in self.breakers] == ["open"] * 3
        await asyncio.sleep(OPEN_S * 1.1)

    async def look(self) -> None:
        """Let all tell what is new, and then hear of it."""
        for one in self.shared * 2:
            await one.look()


@pytest.fixture
async def fleet() -> AsyncGenerator[Fleet]:
    """Connect three processes to the session's server."""
    prefix = f"fleet{next(_numbers)}"
    options = BreakerOptions(open_s=OPEN_S, probe_lost_s=1)
    async with AsyncExitStack() as stack:
        fleet = Fleet([], [], await stack.enter_async_context(Model().serving()))
        for _ in range(3):
            cache = await stack.enter_async_context(connected(prefix))
            shared = SharedBreakers(cache.circuits, SystemIds(), Notes(), is_fleet=True)
            breaker = Breaker(
                SystemClock(),
                ScriptedRandom(0.5),
                options,
                on_change=lambda state: None,
            )
            fleet.shared.append(shared)
            fleet.breakers.append(shared.share(NAME, breaker))
        yield fleet


async def test_three_of_a_hundred_reach_the_model(fleet: Fleet):
    """However many call at once, through whichever process; then all are back."""
    await fleet.half_open()
    calls = [asyncio.create_task(fleet.call(n)) for n in range(CALLERS)]
    for _ in range(1000):
        if sum(one.done() for one in calls) + fleet.model.reached == CALLERS:
            break
        await asyncio.sleep(0.005)
    assert fleet.model.reached <= 3
    fleet.model.answer.set()
    told = await asyncio.gather(*calls)
    assert told.count(b"ok") == fleet.model.reached == 3
    await fleet.look()
    assert [one.breaker.state for one in fleet.breakers] == ["closed"] * 3


async def test_trials_of_a_process_that_died_are_given_up(fleet: Fleet):
    """The others wait for the time a trial may take, and no longer."""
    await fleet.half_open()
    for _ in range(3):
        assert await fleet.breakers[0].admit() is not None
    assert await fleet.breakers[1].admit() is None
    await asyncio.sleep(1.1)
    fleet.model.answer.set()
    assert await asyncio.gather(*(fleet.call(1) for _ in range(3))) == [b"ok"] * 3


async def test_a_server_that_forgets_admits_three_still(fleet: Fleet):
    """In the middle of the trials: those under way are forgotten with the rest."""
    await fleet.half_open()
    server().run("FLUSHALL")
    found = [await fleet.breakers[n % 3].admit() for n in range(30)]
    assert sum(one is not None for one in found) == 3
