"""The group commit: each piece of work succeeds or fails alone."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from mainstay.domain.errors import Conflict, StoreUnavailable
from mainstay.stores.sqlite.store import SqliteStore, open_store
from mainstay.stores.sqlite.unit import Unit
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[SqliteStore]:
    """Give an open store."""
    opened = open_store(
        tmp_path / "s.db",
        SystemClock(),
        SystemIds(),
        busy_timeout_s=0.2,
        on_commit=lambda _: None,
    )
    yield opened
    opened.close()


def note(name: str) -> object:
    """Return work that writes an audit entry."""

    def work(unit: Unit) -> str:
        unit.touched.add(name)
        unit.audit("test", "noted", name)
        return name

    return work


def spoil(unit: Unit) -> None:
    """Write, then fail."""
    unit.touched.add("spoiled")
    unit.audit("test", "spoiled", "x")
    raise Conflict("on purpose")


async def test_a_failing_piece_is_rolled_back_alone(store: SqliteStore) -> None:
    """Its neighbours in the group are stored, nothing of it is; the chain holds."""
    pieces = [note("a"), spoil, note("b"), spoil, note("c")]
    ends = await asyncio.gather(
        *(store.writer.run(p) for p in pieces), return_exceptions=True
    )
    assert [str(e) for e in ends] == ["a", "on purpose", "b", "on purpose", "c"]
    told = await store.reader.run(
        lambda db: db.execute("SELECT action, subject FROM audit ORDER BY n").fetchall()
    )
    assert told == [("noted", "a"), ("noted", "b"), ("noted", "c")]
    assert (await store.audit.verify()).intact


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE audit SET subject = 'z' WHERE n = 3",
        "UPDATE audit SET at_ms = at_ms + 1 WHERE n = 3",
        "UPDATE audit SET detail = '{\"x\":1}' WHERE n = 3",
        "DELETE FROM audit WHERE n = 3",
    ],
)
async def test_a_changed_audit_entry_is_found(store: SqliteStore, damage: str) -> None:
    """Whoever edits or drops an entry breaks the chain at that place."""
    for name in "abcde":
        await store.writer.run(note(name))
    before = await store.audit.verify()
    assert (before.entries, before.intact) == (5, True)
    await store.writer.run(lambda unit: unit.row(damage, {}))
    found = await store.audit.verify()
    assert (found.intact, found.broken_at) == (False, 3)


async def test_a_locked_file_fails_the_group_and_heals(
    store: SqliteStore, tmp_path: Path
) -> None:
    """While another process holds the lock nothing is stored, and the caller told."""
    other = sqlite3.connect(tmp_path / "s.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.writer.run(note("a"))
    other.execute("ROLLBACK")
    other.close()
    assert await store.writer.run(note("a")) == "a"
    assert (await store.audit.verify()).entries == 1


async def test_a_full_disk_fails_the_group_and_heals(store: SqliteStore) -> None:
    """When no page can be added the group is refused; room heals it."""
    await store.writer.run(note("a"))
    pages = await store.writer.run(lambda unit: unit.row("PRAGMA page_count", {})[0])
    limit = f"PRAGMA max_page_count = {pages}"
    await store.writer.run(lambda unit: unit.row(limit, {}))
    big = "x" * 200_000
    with pytest.raises(StoreUnavailable, match="full"):
        await store.writer.run(note(big))
    await store.writer.run(lambda unit: unit.row("PRAGMA max_page_count = 100000", {}))
    assert await store.writer.run(note("b")) == "b"
    assert (await store.audit.verify()).entries == 2
