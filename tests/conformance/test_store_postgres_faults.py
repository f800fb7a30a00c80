"""PostgreSQL in bad moments: who suffers is told, nobody else, and all of it heals.

Every process here is a user without superuser rights, who owns the database.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from tests.conformance.postgres_ports import ports_of

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.question import Reusable
from mainstay.ports.inbox import Accepted
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.stores.postgres import schema, writer
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.desk import REDRIVE_AT_ONCE
from mainstay.stores.postgres.news import Bulletin, News
from mainstay.stores.postgres.presence import Member, Presence
from mainstay.stores.postgres.store import open_store
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock
from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.store_conformance.ports import StorePorts, answered, message

CLOCK = SystemClock()
SOON_S = 5.0
AT_ONCE_S = 2.0
"""Far less than a lock is waited for."""

READ_ONLY = "ALTER SYSTEM SET default_transaction_read_only = on"
WRITABLE = "ALTER SYSTEM RESET default_transaction_read_only"
DEAD = """
WITH made AS (
  INSERT INTO conversations (id, customer_id, channel, metadata, created_at_ms)
  SELECT n::text, 'ada', 'test', '{}', 0 FROM generate_series(1, $1) n RETURNING id
)
INSERT INTO turns (id, conversation_id, first_seq, last_seq, state, accepted_at_ms,
                   answer_by_ms)
SELECT id, id, 1, 1, 'dead', 0, 0 FROM made
"""
ANSWERED = "SELECT keep_answer($1, 'bob', 0)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a server of this module's own: its settings change."""
    one = PostgresServer(tmp_path_factory.mktemp("faults"))
    one.start()
    one.sql("CREATE ROLE plain LOGIN")
    yield one
    one.stop()


@pytest.fixture
def name() -> str:
    """Return a name for a database."""
    return SystemIds().new("faults").replace(".", "_")


@pytest_asyncio.fixture
async def there(server: PostgresServer, name: str) -> Address:
    """Give a database with its schema."""
    server.sql(f"CREATE DATABASE {name} OWNER plain")
    url = server.url(name).replace("postgres@", "plain@")
    one = Address(url=url, timeout_s=SOON_S, search_path=schema.SEARCH_PATH)
    await schema.migrate(one, CLOCK)
    return one


@pytest_asyncio.fixture
async def ports(there: Address) -> AsyncIterator[StorePorts]:
    """Give an open store."""
    store = await open_store(
        there, CLOCK, SystemIds(), pool_size=8, on_commit=lambda _: None
    )
    yield ports_of(store, ManualClock())
    await store.stop()


@asynccontextmanager
async def other(there: Address) -> AsyncGenerator[Any]:
    """Give another process's session."""
    connection: Any = await asyncpg.connect(**there.options(there.url))
    try:
        yield connection
    finally:
        await connection.close()


async def until(rival: Any, query: str) -> None:
    """Return when a query finds something."""
    async with asyncio.timeout(SOON_S):
        while not await rival.fetchval(query):  # noqa: ASYNC110 - the server's state
            await asyncio.sleep(0.05)


async def test_what_cannot_be_stored_fails_alone(ports: StorePorts) -> None:
    """Half a character, or a NUL, costs its sender the group, not its neighbours."""
    id_ = await ports.open()
    texts = ("a", "b\ud800", "c", "d\0", "e")
    ends = await asyncio.gather(
        *(ports.inbox.accept(message(id_, text)) for text in texts),
        return_exceptions=True,
    )
    stored = [isinstance(end, Accepted) for end in ends]
    assert stored == [True, False, True, False, True]


async def test_a_server_without_writes_is_away(
    ports: StorePorts, there: Address, server: PostgresServer
) -> None:
    """As a standby: nobody goes to it, and what is to be stored waits for another."""
    id_ = await ports.open()
    server.sql(READ_ONLY)
    server.sql("SELECT pg_reload_conf()")
    try:
        with pytest.raises(StoreUnavailable, match="takes no writes"):
            await schema.ensure(there)
        waiting = asyncio.create_task(ports.say(id_))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    finally:
        server.sql(WRITABLE)
        server.sql("SELECT pg_reload_conf()")
    assert (await waiting).seq == 1


async def test_the_same_answer_twice_waits_for_nobody(
    ports: StorePorts, there: Address
) -> None:
    """Groups note answers in any order: whoever waited there could wait in a circle."""
    _, claim = await ports.begin()
    noted = '{"edition": "shop", "question": "where", "text": "here", "keep_ms": 1000}'
    async with other(there) as rival, rival.transaction():
        await rival.execute(ANSWERED, noted)
        ending = replace(answered(), question=Reusable("where", "shop", 1000))
        async with asyncio.timeout(AT_ONCE_S):
            await ports.journal.finish(claim, ending)


async def test_wakes_are_given_back_in_the_order_of_groups(
    ports: StorePorts, there: Address, server: PostgresServer, name: str
) -> None:
    """Who waits for the first has not locked the second: no circle."""
    # As with many at once, which are looked up in the order of the table.
    for way in ("enable_indexscan", "enable_bitmapscan"):
        server.sql(f"ALTER DATABASE {name} SET {way} = off")
    first, second = sorted([await ports.open(), await ports.open()])
    lock = "SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE NOWAIT"
    async with other(there) as rival:
        for id_ in (second, first):
            hide = "UPDATE conversations SET hidden_until_ms = 1 WHERE id = $1"
            await rival.execute(hide, id_)
        async with rival.transaction():
            await rival.execute(lock, first)
            back = asyncio.create_task(ports.schedule.give_back([first, second], 0))
            await until(rival, "SELECT 1 FROM pg_locks WHERE NOT granted")
            await rival.execute(lock, second)
        await back


async def test_any_number_of_dead_turns_is_redriven(
    ports: StorePorts, there: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than may wait to be stored, and customers' messages wait behind a few."""
    monkeypatch.setattr(writer, "MAX_WAITING", REDRIVE_AT_ONCE)
    async with other(there) as rival:
        await rival.execute(DEAD, 2 * REDRIVE_AT_ONCE)
    assert await ports.desk.redrive(None, "ada") == 2 * REDRIVE_AT_ONCE


class Process:
    """A process as others see it."""

    def __init__(self, there: Address) -> None:
        owner = SystemIds().new("proc")
        self.troubled = asyncio.Event()
        self.heard = asyncio.Event()
        self.news = News(there, owner, self._hear, CLOCK, self)
        self.presence = Presence(there, Member(owner, "test"), self.news, CLOCK, self)

    def emit(self, event: TelemetryEvent) -> None:
        """Take a trouble."""
        self.troubled.set()

    def _hear(self, _: Bulletin) -> None:
        self.heard.set()


@asynccontextmanager
async def living(there: Address) -> AsyncGenerator[Process]:
    """Give a process that is present and tells news."""
    one = Process(there)
    await one.presence.start()
    await one.news.start()
    try:
        yield one
    finally:
        await one.news.stop()
        await one.presence.stop()


async def test_presence_outlives_any_fault(
    there: Address, server: PostgresServer, name: str
) -> None:
    """A session that cannot be made anew is tried again, whatever the reason."""
    held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
    async with living(there) as one, other(there) as rival:
        server.sql("REVOKE INSERT ON mainstay.processes FROM plain", name)
        end = "SELECT pg_terminate_backend(pid) FROM pg_locks"
        server.sql(f"{end} WHERE locktype = 'advisory' AND granted")
        await asyncio.wait_for(one.troubled.wait(), SOON_S)
        await asyncio.sleep(0.5)
        assert not await rival.fetchval(held)
        server.sql("GRANT INSERT ON mainstay.processes TO plain", name)
        await until(rival, held)


async def test_who_was_taken_for_dead_makes_itself_known(there: Address) -> None:
    """One that came back while it was being buried; post would not wait for it."""
    async with living(there), other(there) as rival:
        assert await rival.execute("DELETE FROM processes") == "DELETE 1"
        await until(rival, "SELECT 1 FROM processes")


async def test_news_outlive_any_fault(
    there: Address, server: PostgresServer, name: str
) -> None:
    """Such as the server's queue of notifications that is full."""
    async with living(there) as here, living(there) as there_too:
        notify = "EXECUTE ON FUNCTION pg_notify(text, text)"
        server.sql(f"REVOKE {notify} FROM PUBLIC", name)
        here.news.changed({"conv_1"})
        await asyncio.wait_for(here.troubled.wait(), SOON_S)
        assert not there_too.heard.is_set()
        server.sql(f"GRANT {notify} TO PUBLIC", name)
        await asyncio.wait_for(there_too.heard.wait(), SOON_S)
