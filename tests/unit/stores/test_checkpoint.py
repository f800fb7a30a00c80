"""The write-ahead log stays bounded, whatever the load."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.stores.sqlite.checkpoint import Checkpointer
from mainstay.stores.sqlite.connection import connect
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer_thread import WriterThread
from mainstay.system.clock import SystemClock

MAX_BYTES = 2_000_000
COMMIT_BYTES = 100_000
PATIENCE_S = 5


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncGenerator[WriterThread]:
    """Give a writer whose log is looked at every 10 ms."""
    path = tmp_path / "s.db"
    with closing(connect(path, busy_timeout_s=1)) as connection:
        connection.execute("CREATE TABLE notes (text BLOB)")
    opened = WriterThread(path, SystemClock(), PATIENCE_S, lambda _: None)
    checkpointer = Checkpointer(
        path, opened, every_s=0.01, min_bytes=MAX_BYTES // 2, max_bytes=MAX_BYTES
    )
    yield opened
    opened.close()
    checkpointer.close()


def write(unit: Unit) -> None:
    """Write a piece of 100 kB."""
    unit.execute("INSERT INTO notes VALUES (zeroblob(:size))", {"size": COMMIT_BYTES})


def log_bytes(folder: Path) -> int:
    """Return the log's size."""
    return (folder / "s.db-wal").stat().st_size


async def test_a_load_without_pauses_does_not_grow_the_log(
    writer: WriterThread, tmp_path: Path
) -> None:
    """Thirty megabytes go through a log that stays within its bound."""
    largest = 0
    for _ in range(300):
        await writer.run(write)
        largest = max(largest, log_bytes(tmp_path))
    assert MAX_BYTES < largest < 5 * MAX_BYTES


async def test_a_reader_in_the_way_delays_it_only(
    writer: WriterThread, tmp_path: Path
) -> None:
    """While an old snapshot is read the log must grow; afterwards it shrinks again.

    No commit waits for the reader: 60 of them take less than one patience of 5 s.
    """
    with closing(connect(tmp_path / "s.db", busy_timeout_s=1)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM notes").fetchone()
        async with asyncio.timeout(PATIENCE_S):
            while log_bytes(tmp_path) < 3 * MAX_BYTES:
                await writer.run(write)
        reader.execute("COMMIT")
    async with asyncio.timeout(10):
        while log_bytes(tmp_path) > MAX_BYTES:
            await writer.run(write)
