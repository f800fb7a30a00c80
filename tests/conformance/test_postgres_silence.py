"""Sessions with PostgreSQL that fall silent without an end are left in bounded time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.conformance.postgres_ports import address_of, server

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.inbox import NewConversation, NewMessage
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.feed import SharedFeed
from mainstay.stores.postgres.news import News
from mainstay.stores.postgres.presence import Member, Presence, SessionLiveness
from mainstay.stores.postgres.store import PostgresStore, open_store
from mainstay.system.clock import SystemClock
from mainstay.system.feed import LocalFeed
from mainstay.system.ids import SystemIds
from mainstay.testing.proxy import Proxy

TIMEOUT_S = 1.0
BOUND_S = TIMEOUT_S + 1.0 + 0.8
"""The server's limit, the client's a second later, and a busy machine."""

SILENT_S = 2.0
AT_ONCE_S = 0.8
BACK_S = 6.0
"""A look a second, two of silence, and what it takes to come back."""


@dataclass
class Stage:
    """A store behind a proxy.

    Args:
        proxy: before its server.
        address: through the proxy.
        store: on that address.
        database: its name.
    """

    proxy: Proxy
    address: Address
    store: PostgresStore
    database: str

    def fall_silent(self) -> None:
        """Make all sessions half-open for good; new ones are well."""
        self.proxy.swallow()
        self.proxy.heal()


@pytest.fixture
async def stage() -> AsyncGenerator[Stage]:
    """Give a store with a schema, whose pool has four sessions."""
    database = SystemIds().new("silence").replace(".", "_")
    url = server().create(database)
    await schema.migrate(address_of(url), SystemClock())
    async with Proxy(server().port) as proxy:
        url = url.replace(f":{server().port}/", f":{proxy.port}/")
        address = replace(address_of(url), timeout_s=TIMEOUT_S)
        store = await open_store(
            address,
            SystemClock(),
            SystemIds(),
            pool_size=8,
            on_commit=lambda _: None,
        )
        await asyncio.gather(*(sleepy(store) for _ in range(4)))
        yield Stage(proxy, address, store, database)
        await store.stop()


async def sleepy(store: PostgresStore) -> Any:
    """Read something that keeps a session busy for a moment."""
    return await store.reader.rows("SELECT pg_sleep(0.05)")


async def took_s(work: Coroutine[Any, Any, Any]) -> float:
    """Return how long something took, whether or not it succeeded."""
    began = time.monotonic()
    with suppress(StoreUnavailable):
        await work
    return time.monotonic() - began


async def test_reads_are_bounded_and_one_finds_out_for_all(stage: Stage) -> None:
    """Those under way end within DB_TIMEOUT and a second; the next succeed at once."""
    stage.fall_silent()
    read = stage.store.conversations.get
    each_s = await asyncio.gather(*(took_s(read("nobody")) for _ in range(2)))
    assert max(each_s) < BOUND_S
    async with asyncio.timeout(AT_ONCE_S):
        assert await asyncio.gather(*(read("nobody") for _ in range(8))) == [None] * 8


async def test_a_read_that_is_cancelled_does_not_wait_for_the_silent(
    stage: Stage,
) -> None:
    """As when a customer goes away: nothing is cleaned up on a session that is dumb."""
    stage.fall_silent()
    reading = asyncio.create_task(stage.store.conversations.get("nobody"))
    await asyncio.wait([reading], timeout=0.1)
    reading.cancel()
    async with asyncio.timeout(AT_ONCE_S):
        await asyncio.wait([reading])
    assert reading.cancelled()


async def test_a_write_is_bounded_and_the_next_is_committed(stage: Stage) -> None:
    """It may have been stored, so it is not sent again by itself; its key tells."""
    opened = await stage.store.inbox.open(NewConversation("ada", "test", {}))
    new = NewMessage(opened.id, None, "Hello", ("key:1",), "Hello")
    stage.fall_silent()
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await stage.store.inbox.accept(new)
    assert time.monotonic() - began < BOUND_S
    async with asyncio.timeout(AT_ONCE_S):
        first = await stage.store.inbox.accept(new)
        assert await stage.store.inbox.accept(new) == replace(first, replayed=True)


async def test_what_a_read_found_out_no_write_must_find_out_again(stage: Stage) -> None:
    """A customer who was turned away once is not turned away for it again."""
    ada = NewConversation("ada", "test", {})
    await stage.store.inbox.open(ada)
    stage.fall_silent()
    await took_s(stage.store.conversations.get("nobody"))
    async with asyncio.timeout(AT_ONCE_S):
        await stage.store.inbox.open(ada)


async def test_leases_are_renewed_nevertheless(stage: Stage) -> None:
    """A silent session costs two seconds, and no worker its turns."""
    store = stage.store
    opened = await store.inbox.open(NewConversation("ada", "test", {}))
    await store.inbox.accept(NewMessage(opened.id, None, "Hello", (), ""))
    [claim] = await store.leases.claim([opened.id], "proc_1")
    held = {(opened.id, claim.lease.lease_epoch)}

    async def renewed() -> set[tuple[str, int]]:
        return await asyncio.to_thread(store.leases.renew, "proc_1", [opened.id])

    assert await renewed() == held
    stage.fall_silent()
    async with asyncio.timeout(SILENT_S + AT_ONCE_S):
        assert await renewed() == held


@pytest.mark.parametrize("verb", ["read", "write", "renew"])
async def test_a_silent_server_is_bounded_too(stage: Stage, verb: str) -> None:
    """New connections are accepted and not answered: no call waits for long."""
    calls: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "read": lambda: stage.store.conversations.get("nobody"),
        "write": lambda: stage.store.inbox.open(NewConversation("ada", "test", {})),
        "renew": lambda: asyncio.to_thread(stage.store.leases.renew, "p", ["c"]),
    }
    call = calls[verb]
    await call()
    stage.proxy.swallow()
    for _ in range(2):
        bound_s = BOUND_S + (SILENT_S if verb == "renew" else 0)
        assert await took_s(call()) < bound_s
    stage.proxy.heal()
    async with asyncio.timeout(AT_ONCE_S):
        await call()


class Process:
    """The part of a process that is present, tells and hears."""

    def __init__(self, address: Address) -> None:
        clock, owner = SystemClock(), SystemIds().new("proc")
        self.back = asyncio.Event()
        self.feed = SharedFeed(LocalFeed(), clock)
        self.news = News(address, owner, self.feed.heard, clock, self)
        self.feed.attach(self.news)
        self.member = Member(owner, "test")
        self.presence = Presence(address, self.member, self, clock, self)

    def emit(self, event: TelemetryEvent) -> None:
        """Let troubles be."""

    def hear(self, payload: str) -> None:
        """Pass news on."""
        self.news.hear(payload)

    def missed(self) -> None:
        """Note that the session is there again."""
        self.back.set()


async def test_a_process_is_present_and_hears_again(stage: Stage) -> None:
    """Its old session holds the lock at the server for as long as it will.

    It is ended from the new one, and at no moment is the lock free: nobody takes the
    process for dead.
    """
    process, liveness = Process(stage.address), SessionLiveness(stage.store.reader)
    lock = str(process.member.lock)
    other = Process(replace(address_of(server().url(stage.database)), timeout_s=5))
    async with AsyncExitStack() as stack:
        for one in (process, other):
            await one.presence.start()
            stack.push_async_callback(one.presence.stop)
            await one.news.start()
            stack.push_async_callback(one.news.stop)
        await proven(stage)
        stage.fall_silent()
        await took_s(stage.store.conversations.get("nobody"))
        async with asyncio.timeout(BACK_S):
            while not process.back.is_set():
                assert await liveness.dead([lock]) == []
        assert await liveness.dead([lock]) == []
        there, here = other.feed.listen("conv_1"), process.feed.listen("conv_2")
        other.feed.notify("conv_2")
        assert await here.wait(AT_ONCE_S)
        process.feed.notify("conv_1")
        assert await there.wait(BACK_S)


async def proven(stage: Stage) -> None:
    """Return when the server has run for long enough to tell who is dead."""
    old = "SELECT now() - pg_postmaster_start_time() > interval '8 s'"
    async with asyncio.timeout(9):
        while not (await stage.store.reader.row(old))[0]:
            await sleepy(stage.store)
