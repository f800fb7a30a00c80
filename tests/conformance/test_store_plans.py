"""Each statement finds its rows by an index, however large tables grow."""

import re
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from benchmarks.archive import GROWING
from benchmarks.measured import DATABASE, Measured
from tests.conformance.sqlite_ports import empty

from mainstay.stores.statements import load
from mainstay.testing.servers.postgres import PostgresServer

MESSAGES = 100_000
MANY_ROWS = {
    *("stats", "standing", "take", "overdue", "approvals", "escalations", "sums"),
    "slowest",
}
"""Pieces that look at as many rows as there is open work, or at some thousands."""

MOST_PAGES = 200
"""For any other piece, all its statements together."""

PIECES = {
    *("accept", "claim", "renew", "load", "append an intent", "finish", "take", "sums"),
}

FILES = (
    *("alerts", "answers", "audit", "conversations", "desk", "findings", "hours"),
    *("inbox", "journal", "keys", "leases", "owner", "readiness", "schedule"),
    *("spend", "standing", "watch"),
)
WHOLE = re.compile(
    rf"SCAN ({'|'.join(GROWING)})( USING \S+ \S*(pkey|autoindex)\S*)?$|AUTO"
)
"""A search through all rows, or through an index that is made for one statement."""

BY_ROWID = {"page"}
"""The audit is read whole when it is verified, page by page."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncGenerator[Measured]:
    """A PostgreSQL with a hundred thousand messages."""
    server = PostgresServer(tmp_path_factory.mktemp("plans"))
    server.start()
    try:
        one = Measured(server, MESSAGES)
        await one.prepare()
        yield one
    finally:
        server.stop()


@pytest.mark.asyncio(loop_scope="module")
async def test_postgres_reads_no_table_that_grows(measured: Measured):
    """No plan that was run, nested ones included, reads a whole table or index."""
    await measured.explain()
    assert measured.pieces.keys() > PIECES
    assert {f for piece in measured.pieces.values() for f in piece.faults} == set()


@pytest.mark.asyncio(loop_scope="module")
async def test_postgres_reads_few_pages(measured: Measured):
    """What a piece of work reads is bounded."""
    await measured.explain()
    few = {n: p.buffers for n, p in measured.pieces.items() if n not in MANY_ROWS}
    assert {name: pages for name, pages in few.items() if pages > MOST_PAGES} == {}


@pytest.mark.asyncio(loop_scope="module")
async def test_a_lost_index_is_noticed(measured: Measured):
    """The plans are those that were run: without its index a claim reads the turns."""
    measured.server.sql("DROP INDEX mainstay.turns_open", DATABASE)
    await measured.explain()
    found = measured.pieces["claim"].faults
    assert any(fault.startswith("Seq Scan on turns") for fault in found)


@pytest.mark.parametrize("file", FILES)
def test_sqlite_searches_by_an_index(file: str, tmp_path: Path):
    """No statement scans a table that grows, or makes an index for itself."""
    with closing(sqlite3.connect(empty(tmp_path / "s.db"))) as connection:
        for name, statement in load("sqlite", file).items():
            if name not in BY_ROWID:
                assert _whole(connection, statement) == [], name


def test_sqlite_shows_a_scan():
    """What would be found is found."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE turns (id TEXT PRIMARY KEY, state TEXT)")
        assert _whole(connection, "SELECT * FROM turns WHERE state = :state") != []


def _whole(connection: sqlite3.Connection, statement: str) -> list[str]:
    names = dict.fromkeys(re.findall(r":(\w+)", statement), None)
    plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", names).fetchall()
    return [row[3] for row in plan if WHOLE.search(row[3])]
