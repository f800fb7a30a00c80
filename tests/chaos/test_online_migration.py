"""Changes of a PostgreSQL schema beside traffic, and beside what holds its locks."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from tests.unit.stores.later_revisions import Later

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import OldProcesses
from mainstay.ports.inbox import Accepted, NewConversation, NewMessage
from mainstay.stores.postgres import revisions, schema
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.migration import FOLDER, Migration
from mainstay.stores.postgres.store import PostgresStore, open_store
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.postgres import PostgresServer

CLOCK = SystemClock()
NEXT = f"{int(revisions.HEAD) + 1:04}"
STILL_S = 1.0
"""Longer no accept may take: the wait for a lock, and this machine's own slowness."""

ADD = "ALTER TABLE conversations ADD COLUMN later text"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS turns_model"
INDEX = "CREATE INDEX CONCURRENTLY turns_model ON turns (attempt)"

GONE = """
SELECT 1 WHERE NOT EXISTS
  (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42)
  AND pg_postmaster_start_time() < clock_timestamp() - interval '8 seconds'
"""
"""The lock 42 is free, and the server is not so young that this means nothing."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Give a server."""
    one = PostgresServer(tmp_path_factory.mktemp("online"))
    one.start()
    yield one
    one.stop()


@pytest_asyncio.fixture
async def address(server: PostgresServer, tmp_path: Path) -> Address:
    """Give a database with today's schema."""
    url = server.create(tmp_path.name)
    there = Address(url=url, timeout_s=5, search_path=schema.SEARCH_PATH)
    await schema.migrate(there, CLOCK)
    return there


@pytest.fixture
def later(tmp_path: Path) -> Later:
    """Give revisions to add to."""
    return Later(FOLDER, revisions.HEAD, tmp_path / "migrations")


@pytest_asyncio.fixture
async def store(address: Address) -> AsyncIterator[PostgresStore]:
    """Give the open store."""
    opened = await open_store(
        address, CLOCK, SystemIds(), pool_size=8, on_commit=lambda _: None
    )
    yield opened
    await opened.stop()


class Told:
    """What a migration tells, line by line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Event()

    def __call__(self, line: str) -> None:
        """Take a line."""
        self.lines.append(line)
        self._news.set()

    async def until(self, word: str, times: int = 1) -> None:
        """Return when so many lines have a word in them."""
        async with asyncio.timeout(20):
            while sum(word in line for line in self.lines) < times:
                self._news.clear()
                await self._news.wait()


async def accepted(store: PostgresStore, over: asyncio.Event) -> list[float]:
    """Accept one message after the other; return the seconds that each took."""
    took: list[float] = []
    while not over.is_set():
        before = time.monotonic()
        made = await store.inbox.open(NewConversation("c", "api", {}))
        new = NewMessage(made.id, "c", "Hi", (), "d")
        assert isinstance(await store.inbox.accept(new), Accepted)
        took.append(time.monotonic() - before)
    return took


async def test_a_long_transaction_delays_the_change_and_not_the_traffic(
    address: Address, store: PostgresStore, later: Later
) -> None:
    """The change gives way again and again, and comes when the reader has gone."""
    later.add("pre", ADD)
    reader = await asyncpg.connect(address.url)
    await reader.execute("BEGIN; SELECT * FROM mainstay.conversations")
    over, told = asyncio.Event(), Told()
    traffic = asyncio.create_task(accepted(store, over))
    migration = Migration(address, CLOCK, tell=told, folder=later.folder)
    running = asyncio.create_task(migration.run(("pre",)))
    await told.until("no lock within", times=3)
    assert "idle in transaction" in told.lines[-1]
    assert not running.done()
    await reader.close()
    done = await running
    over.set()
    took = await traffic
    assert done.done == [f"{NEXT} pre of {NEXT}"]
    assert len(took) > 20
    assert max(took) < STILL_S
    print(f"{len(took)} accepted, slowest {max(took):.3f} s")


async def test_an_index_is_made_beside_traffic_and_beside_a_second_migration(
    address: Address, store: PostgresStore, later: Later
) -> None:
    """It waits for an open transaction; accepts go on, and who comes second waits."""
    later.add("pre", DROP, INDEX, transactional=False)
    # What a run that broke in the middle leaves.
    left = await asyncpg.connect(address.url)
    await left.execute("CREATE INDEX turns_model ON mainstay.turns (id)")
    await left.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
    await left.execute("SELECT count(*) FROM mainstay.api_keys")
    over, told = asyncio.Event(), Told()
    traffic = asyncio.create_task(accepted(store, over))
    runs = [
        asyncio.create_task(
            Migration(address, CLOCK, tell=told, folder=later.folder).run(("pre",))
        )
        for _ in range(2)
    ]
    await told.until("index turns_model: waiting for")
    await left.close()
    first, second = await asyncio.gather(*runs)
    over.set()
    took = await traffic
    assert sorted([first.done, second.done]) == [[], [f"{NEXT} pre of {NEXT}"]]
    assert "another migration runs; waiting for it" in told.lines
    looker = await asyncpg.connect(address.url)
    query = "SELECT indisvalid FROM pg_index WHERE indexrelid = $1::regclass"
    assert await looker.fetchval(query, "mainstay.turns_model")
    await looker.close()
    assert max(took) < STILL_S


async def test_a_lock_that_is_never_free_ends_the_run(
    address: Address, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way out is named, nothing has changed, and the next run begins anew."""
    monkeypatch.setattr("mainstay.stores.postgres.online.TRIES", 2)
    later.add("pre", ADD)
    reader = await asyncpg.connect(address.url)
    await reader.execute("BEGIN; SELECT * FROM mainstay.conversations")
    with pytest.raises(MainstayError, match="pg_stat_activity"):
        await Migration(address, CLOCK, folder=later.folder).run(("pre",))
    await reader.close()
    done = await Migration(address, CLOCK, folder=later.folder).run(("pre",))
    assert done.done == [f"{NEXT} pre of {NEXT}"]


async def test_post_waits_for_whoever_runs_other_functions(
    address: Address, store: PostgresStore
) -> None:
    """A living process of another set keeps it; a dead one does not."""
    other = await asyncpg.connect(address.url)
    await other.execute("CREATE SCHEMA mainstay_other")
    await other.execute(
        "INSERT INTO mainstay.function_sets VALUES ('mainstay_other', '0.0.9')"
    )
    await other.execute(
        "INSERT INTO mainstay.processes "
        "VALUES ('proc_other', '42', 'worker', 0, '0.0.9', $1, 'mainstay_other')",
        revisions.HEAD,
    )
    await other.execute("SELECT pg_advisory_lock(42)")
    with pytest.raises(OldProcesses, match="proc_other"):
        await schema.migrate(address, CLOCK, ("post",))
    assert (await Migration(address, CLOCK).status()).old[0].owner == "proc_other"
    await other.close()
    await _seen(address, GONE)
    done = await schema.migrate(address, CLOCK, ("post",))
    assert done.done == ["functions mainstay_other dropped"]


async def test_without_its_functions_no_process_starts(address: Address) -> None:
    """The error names pre, and pre makes them."""
    owner = await asyncpg.connect(address.url)
    await owner.execute(f"DROP SCHEMA {schema.FUNCTIONS} CASCADE")
    await owner.close()
    with pytest.raises(MainstayError, match=r"run: mainstay migrate --phase pre"):
        await schema.ensure(address)
    await schema.migrate(address, CLOCK, ("pre",))
    await schema.ensure(address)


async def _seen(address: Address, query: str) -> None:
    looker = await asyncpg.connect(address.url)
    async with asyncio.timeout(20):
        while await looker.fetchval(query) is None:
            await CLOCK.sleep(0.05)
    await looker.close()
