"""Phases on SQLite: what each runs, for whom it waits, who may start after it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.stores.later_revisions import Later
from tests.unit.stores.released_store import released_store

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import BOTH, Applied, OldProcesses
from mainstay.stores.migration.check import check
from mainstay.stores.sqlite import migration, revisions
from mainstay.stores.sqlite.leases import SqliteLeases
from mainstay.stores.sqlite.migration import FOLDER, Migration
from mainstay.stores.sqlite.reader_thread import ReaderThread
from mainstay.stores.sqlite.schema import prepare
from mainstay.stores.sqlite.writer_thread import WriterThread
from mainstay.testing.clock import ManualClock

HEAD = revisions.HEAD
NEXT, THEN = (f"{int(HEAD) + n:04}" for n in (1, 2))
TODAY = [f"{n:04}" for n in range(1, int(HEAD) + 1)]


@pytest.fixture
def later(tmp_path: Path) -> Later:
    """Give revisions to add to."""
    return Later(FOLDER, revisions.HEAD, tmp_path / "migrations")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a store with today's schema."""
    file = tmp_path / "mainstay.db"
    prepare(file)
    return file


def numbers(path: Path) -> list[str]:
    """Return the revisions that a store has."""
    return [one.number for one in revisions.applied(path)]


def run(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Run a statement on the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        return db.execute(sql).fetchall()


def enlist(path: Path, owner: str, head: str | None) -> None:
    """Enter a process that knows revisions up to ``head``; None is 0.1.0."""
    version = None if head is None else f"9.{int(head)}.0"
    row = (owner, "", "worker", 0, version, head)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("INSERT INTO processes VALUES (?, ?, ?, ?, ?, ?)", row)


def test_pre_stops_before_post(path: Path, later: Later) -> None:
    """Pre runs what adds, and leaves the rest to post."""
    later.add("pre", "CREATE TABLE new (n INTEGER)")
    later.add("post", "DROP TABLE answers")
    migration = Migration(path, folder=later.folder)
    status = migration.status()
    assert (status.pre, status.post) == (
        [f"{NEXT} pre of {NEXT}"],
        [f"{THEN} post of {THEN}"],
    )
    assert migration.run(("pre",)).done == [f"{NEXT} pre of {NEXT}"]
    assert migration.run(("pre",)).done == []
    assert migration.run(("post",)).done == [f"{THEN} post of {THEN}"]
    assert numbers(path) == [*TODAY, NEXT, THEN]


def test_post_alone_is_too_early(path: Path, later: Later) -> None:
    """What it stands on must be there first."""
    later.add("pre", "CREATE TABLE new (n INTEGER)")
    later.add("post", "DROP TABLE answers")
    with pytest.raises(MainstayError, match=rf"{NEXT} comes first; run: .*--phase pre"):
        Migration(path, folder=later.folder).run(("post",))


@pytest.mark.parametrize("head", [None, HEAD])
def test_post_waits_for_the_living(path: Path, later: Later, head: str | None) -> None:
    """And names them; the dead, and those that know the revision, do not count."""
    later.add("post", "DROP TABLE answers")
    enlist(path, "proc_old", head)
    enlist(path, "proc_new", NEXT)
    with pytest.raises(OldProcesses, match="proc_old") as refused:
        Migration(path, folder=later.folder).run()
    assert [process.owner for process in refused.value.processes] == ["proc_old"]
    assert numbers(path) == TODAY
    dead = Migration(path, folder=later.folder, is_dead=lambda _: True)
    assert dead.run().done == [f"{NEXT} post of {NEXT}"]


def test_a_post_left_over_runs_with_the_next_pre(path: Path, later: Later) -> None:
    """Unless a process lives that never knew it: two releases at once need a pause."""
    later.add("post", "DROP TABLE answers")
    later.add("pre", "CREATE TABLE new (n INTEGER)")
    enlist(path, "proc_old", HEAD)
    with pytest.raises(
        OldProcesses, match=f"{NEXT} post of {NEXT} waits for a process"
    ):
        Migration(path, folder=later.folder).run(("pre",))
    run(path, f"UPDATE processes SET head = '{NEXT}'")  # noqa: S608 - four digits
    done = Migration(path, folder=later.folder).run(("pre",)).done
    assert done == [f"{NEXT} post of {NEXT}", f"{THEN} pre of {THEN}"]


def test_a_revision_that_breaks_leaves_nothing(path: Path, later: Later) -> None:
    """Neither its first statements nor its entry; the next run begins it again."""
    later.add("pre", "CREATE TABLE new (n INTEGER)", "CREATE TABLE turns (n INTEGER)")
    with pytest.raises(Exception, match="turns already exists"):
        Migration(path, folder=later.folder).run()
    assert numbers(path) == TODAY
    assert run(path, "SELECT * FROM sqlite_master WHERE name = 'new'") == []


def test_a_lock_that_is_never_free_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on PostgreSQL: in one line, with the way out."""
    monkeypatch.setattr(migration, "BUSY_S", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(MainstayError, match="changed: database is locked"):
            Migration(path).run()


def test_an_earlier_version_leaves_a_later_schema_alone(
    path: Path, later: Later
) -> None:
    """Its pre has nothing to do, its post is not its to run."""
    later.add("pre", "CREATE TABLE new (n INTEGER)")
    Migration(path, folder=later.folder).run()
    assert Migration(path).run(("pre",)).done == []
    with pytest.raises(
        MainstayError, match=rf"schema {NEXT} of version [\d.]+; post is"
    ):
        Migration(path).run(("post",))


def test_who_may_start() -> None:
    """Whoever finds what it needs, and nothing that ended its time."""
    one, two = Applied("0001", "pre", "0.1.0"), Applied("0002", "pre", "0.2.0")
    added, ended = Applied("0003", "pre", "0.3.0"), Applied("0004", "post", "0.3.0")
    check([one, two], needs="0002", head="0002")
    check([one, two, added], needs="0002", head="0002")
    check([one, two, added, ended], needs="0003", head="0004")
    for found, told in (
        ([], "has no schema.*run: mainstay migrate$"),
        ([one], "schema 0001, this version needs 0002; run: .*--phase pre$"),
        ([one, two, added, ended], "version 0.3.0 has ended.*start version 0.3.0"),
    ):
        with pytest.raises(MainstayError, match=told):
            check(found, needs="0002", head="0002")


def test_a_start_on_a_later_schema(path: Path, later: Later) -> None:
    """Today's code starts after a later pre, and not after a later post."""
    later.add("pre", "ALTER TABLE turns ADD COLUMN later TEXT")
    Migration(path, folder=later.folder).run()
    prepare(path)
    later.add("post", "ALTER TABLE turns DROP COLUMN timings")
    Migration(path, folder=later.folder).run()
    with pytest.raises(MainstayError, match="has ended the time of this one"):
        prepare(path)


async def test_a_process_that_comes_too_late_is_not_let_in(
    path: Path, later: Later
) -> None:
    """It looked before post ran, and enters after: the entry itself is refused."""
    writer = WriterThread(path, ManualClock(), 5, lambda _: None)
    leases = SqliteLeases(writer, ReaderThread(path, 5))
    await leases.enlist("proc_early", "", "worker")
    assert run(path, "SELECT head FROM processes") == [(revisions.HEAD,)]
    await leases.bury("proc_early")
    later.add("post", "ALTER TABLE turns DROP COLUMN timings")
    Migration(path, folder=later.folder).run()
    with pytest.raises(MainstayError, match="has ended the time of this one"):
        await leases.enlist("proc_late", "", "worker")
    assert run(path, "SELECT owner FROM processes") == []
    writer.close()


def test_an_upgraded_store_is_a_new_store(tmp_path: Path) -> None:
    """From what 0.1.0 left come the same tables as from nothing."""
    old, new = released_store(tmp_path / "old.db"), tmp_path / "new.db"
    done = [Migration(file).run(BOTH) for file in (old, new)]
    assert [one.before for one in done] == ["0001", None]
    tables = [
        run(f, "SELECT name, sql FROM sqlite_master ORDER BY name") for f in (old, new)
    ]
    assert tables[0] == tables[1]
