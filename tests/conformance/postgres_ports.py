"""PostgreSQL stores for the conformance suites."""

import itertools
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache

from tests import scratch

from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.store import PostgresStore, open_store
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock
from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.store_conformance.ports import StorePorts

TEMPLATE = "template_of_tests"
_numbers = itertools.count(1)

# The store's time is what its function says; a test's function says what the test does.
TEST_CLOCK = """
CREATE TABLE mainstay.test_clock (ms bigint NOT NULL);
INSERT INTO mainstay.test_clock VALUES (0);
CREATE OR REPLACE FUNCTION mainstay.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
  'SELECT ms FROM mainstay.test_clock';
"""


@cache
def server() -> PostgresServer:
    """Return the session's server; it ends with this process."""
    one = PostgresServer(scratch.folder("postgres"))
    one.start()
    scratch.until_the_end(one.process)
    return one


def address_of(url: str) -> Address:
    """Return how tests reach a database."""
    return Address(url=url, timeout_s=5, search_path=schema.SEARCH_PATH)


async def empty() -> str:
    """Return the address of a fresh store whose clock is the test's."""
    await _template()
    name = f"store_{next(_numbers)}"
    server().sql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return server().url(name)


async def _template() -> None:
    if TEMPLATE in server().sql("SELECT datname FROM pg_database").split():
        return
    url = server().create(TEMPLATE)
    await schema.migrate(address_of(url), SystemClock())
    server().sql(TEST_CLOCK, TEMPLATE)


class DatabaseClock(ManualClock):
    """A manual clock that the database follows."""

    def __init__(self, database: str) -> None:
        super().__init__()
        self._database = database
        self._tell()

    def advance(self, seconds: float) -> None:
        """Move both on."""
        super().advance(seconds)
        self._tell()

    def _tell(self) -> None:
        statement = f"UPDATE mainstay.test_clock SET ms = {self.now_ms()}"  # noqa: S608 - a number
        server().sql(statement, self._database)


@asynccontextmanager
async def opened(url: str, clock: ManualClock) -> AsyncGenerator[StorePorts]:
    """Open a store, once more if it is open."""
    store = await open_store(
        address_of(url),
        SystemClock(),
        SystemIds(clock.now_ms),
        pool_size=8,
        on_commit=lambda _: None,
    )
    try:
        yield ports_of(store, clock)
    finally:
        await store.stop()


def ports_of(store: PostgresStore, clock: ManualClock) -> StorePorts:
    """Return what the suites use of a store."""
    return StorePorts(
        inbox=store.inbox,
        leases=store.leases,
        journal=store.journal,
        watch=store.watch,
        schedule=store.schedule,
        conversations=store.conversations,
        desk=store.desk,
        keys=store.keys,
        audit=store.audit,
        knowledge=store.knowledge,
        answers=store.answers,
        spend=store.spend,
        standings=store.standings,
        findings=store.findings,
        hours=store.hours,
        alerts=store.alerts,
        pages=store.alerts,
        orders=store.orders,
        members=store.members,
        records=store.records,
        hearing=store.hearing,
        clock=clock,
    )


async def fresh(
    scope: AsyncExitStack, count: int
) -> tuple[ManualClock, list[StorePorts]]:
    """Open a fresh store so many times."""
    url = await empty()
    clock = DatabaseClock(url.rsplit("/", 1)[1])
    sides = [await scope.enter_async_context(opened(url, clock)) for _ in range(count)]
    return clock, sides
