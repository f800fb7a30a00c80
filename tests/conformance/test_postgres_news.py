"""News between processes on PostgreSQL: a gap costs no listener its wake."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.conformance.postgres_ports import address_of

from mainstay.domain.event import Delta
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.stores.postgres import schema
from mainstay.stores.postgres.feed import SharedFeed
from mainstay.stores.postgres.news import MAX_PENDING, News
from mainstay.stores.postgres.presence import Member, Presence
from mainstay.system.clock import SystemClock
from mainstay.system.feed import LocalFeed
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.postgres import PostgresServer

SOON_S = 5.0
"""Far less than the 15 s after which a silent stream looks by itself."""

QUIET_S = 0.3


class Process:
    """The part of a process that tells and hears."""

    def __init__(self, url: str) -> None:
        clock, owner, address = SystemClock(), SystemIds().new("proc"), address_of(url)
        self.feed = SharedFeed(LocalFeed(), clock)
        self.news = News(address, owner, self.feed.heard, clock, self)
        self.feed.attach(self.news)
        self.presence = Presence(address, Member(owner, "test"), self.news, clock, self)
        self.work = asyncio.Event()
        self.feed.on_due(self.work.set)

    def emit(self, event: TelemetryEvent) -> None:
        """Let troubles be."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """Return a server of this module's own: it is stopped and started."""
    one = PostgresServer(tmp_path_factory.mktemp("postgres"))
    one.start()
    return one


@pytest.fixture
async def pair(
    server: PostgresServer, tmp_path: Path
) -> AsyncGenerator[tuple[Process, Process]]:
    """Give two processes of one store."""
    name = SystemIds().new("news").replace(".", "_")
    url = server.create(name)
    await schema.migrate(address_of(url), SystemClock())
    async with AsyncExitStack() as stack:
        processes = (Process(url), Process(url))
        for one in processes:
            await one.presence.start()
            stack.push_async_callback(one.presence.stop)
            await one.news.start()
            stack.push_async_callback(one.news.stop)
        yield processes


async def test_a_change_here_is_heard_there(pair: tuple[Process, Process]) -> None:
    """By the listeners of its conversation, and by no others."""
    here, there = pair
    concerned, other = there.feed.listen("conv_1"), there.feed.listen("conv_2")
    here.feed.notify("conv_1")
    assert await concerned.wait(SOON_S)
    assert not await other.wait(QUIET_S)


async def test_pieces_go_to_who_asked(pair: tuple[Process, Process]) -> None:
    """A reply in the making is passed on to processes where somebody listens."""
    here, there = pair
    listener = there.feed.listen("conv_1")
    until_s = asyncio.get_running_loop().time() + SOON_S
    heard: list[Delta] = []
    for n in range(100):
        here.feed.whisper(Delta("conv_1", "turn_1", 1, n, "x"))
        if await listener.wait(0.1):
            heard += listener.deltas() or []
        if heard or asyncio.get_running_loop().time() > until_s:
            break
    assert heard


async def test_who_missed_something_looks(
    pair: tuple[Process, Process], server: PostgresServer
) -> None:
    """A restart of the database cuts both off; what changed meanwhile is found.

    Whoever could not send tells all to look, whoever could not hear looks by itself.
    """
    here, there = pair
    mine, others = here.feed.listen("conv_2"), there.feed.listen("conv_1")
    server.stop()
    await asyncio.sleep(QUIET_S)
    here.feed.notify("conv_1")
    there.feed.notify("conv_2")
    await asyncio.sleep(QUIET_S)
    # By this thread: the server ends with the one that started it.
    server.start()
    assert await others.wait(SOON_S)
    assert await mine.wait(SOON_S)
    await asyncio.wait_for(there.work.wait(), SOON_S)


async def test_who_was_cut_off_alone_looks(
    pair: tuple[Process, Process], server: PostgresServer
) -> None:
    """A session that an administrator ends may have missed what others told."""
    _, there = pair
    listener = there.feed.listen("conv_1")
    held = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    await asyncio.to_thread(server.sql, f"{held} AND granted")
    assert await listener.wait(SOON_S)


async def test_more_changes_than_can_be_told(pair: tuple[Process, Process]) -> None:
    """Past the bound everybody is told to look: none is forgotten."""
    here, there = pair
    listener = there.feed.listen("conv_late")
    here.news.changed({f"conv_{n}" for n in range(MAX_PENDING)})
    here.news.changed({"conv_late"})
    assert await listener.wait(SOON_S)
