"""What a drill does to a database: nobody else can use it, for a while."""

import asyncio
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from tests.conformance.postgres_ports import address_of, empty

from mainstay.domain.errors import StoreUnavailable
from mainstay.stores.postgres import disturbance as of_postgres
from mainstay.stores.postgres.connection import connect
from mainstay.stores.postgres.driver import asyncpg
from mainstay.stores.sqlite import disturbance as of_sqlite
from mainstay.stores.sqlite.connection import connect as connect_file
from mainstay.system.clock import SystemClock

FOR_S = 1.0


async def test_sessions_with_postgres_end_again_and_again() -> None:
    """Ours do, whenever they were made; another program's does not."""
    address = address_of(await empty())
    ours = await connect(address)
    other = await asyncpg().connect(address.url)
    going = asyncio.create_task(of_postgres.disturb(address, FOR_S, SystemClock()))
    began_s, ended = time.monotonic(), 0
    while not going.done():
        if ours.is_closed():
            with suppress(StoreUnavailable):
                ours = await connect(address)
                ended += 1
        await asyncio.sleep(0.01)
    await going
    assert time.monotonic() - began_s >= FOR_S
    assert ended >= 2
    assert await other.fetchval("SELECT 1") == 1
    await other.close()
    after = await connect(address)
    assert await after.fetchval("SELECT 1") == 1
    await after.close()
    ours.terminate()


async def test_a_database_that_is_not_there_is_told() -> None:
    """Nothing was disturbed then: the drill is none."""
    nobody = address_of("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(StoreUnavailable):
        await of_postgres.disturb(nobody, FOR_S, SystemClock())


async def test_nobody_writes_into_a_file_meanwhile(tmp_path: Path) -> None:
    """And all can afterwards."""
    path = tmp_path / "store.db"
    with closing(connect_file(path, busy_timeout_s=0.05)) as ours:
        ours.execute("CREATE TABLE t (n)")
        going = asyncio.create_task(of_sqlite.disturb(path, FOR_S, SystemClock()))
        await asyncio.sleep(FOR_S / 2)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            ours.execute("INSERT INTO t VALUES (1)")
        assert ours.execute("SELECT count(*) FROM t").fetchone() == (0,)
        await going
        ours.execute("INSERT INTO t VALUES (1)")
