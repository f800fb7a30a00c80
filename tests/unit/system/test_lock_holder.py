"""Who sits on a lock, as the kernel tells it of real processes."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mainstay.stores.sqlite.connection import WRITE_LOCK_BYTE, connect
from mainstay.system.liveness import FlockLiveness
from mainstay.system.lock_holder import LockHolder
from mainstay.system.process import look_at

WRITER = """
import sys
from pathlib import Path
from mainstay.stores.sqlite.connection import connect
from mainstay.system.liveness import LivenessLock

lock = LivenessLock(Path(sys.argv[1]), "writer")
lock.acquire()
db = connect(Path(sys.argv[1]) / "s.db", busy_timeout_s=5)
db.execute("BEGIN IMMEDIATE")
db.execute("INSERT INTO t VALUES (1)")
print("in a transaction", flush=True)
sys.stdin.readline()
db.execute("COMMIT")
print("committed", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def store(tmp_path: Path) -> Generator[sqlite3.Connection]:
    """Give a store of one table, open in this process."""
    db = connect(tmp_path / "s.db", busy_timeout_s=0)
    db.execute("CREATE TABLE t (n)")
    yield db
    db.close()


@pytest.fixture
def lock(tmp_path: Path, store: sqlite3.Connection) -> LockHolder:
    """Give a look at the store's write lock."""
    return LockHolder(tmp_path / "s.db-shm", WRITE_LOCK_BYTE)


@contextmanager
def writing(folder: Path) -> Generator["subprocess.Popen[str]"]:
    """Run a process that stands in the middle of a transaction."""
    command = [sys.executable, "-c", WRITER, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in a transaction\n"
        try:
            yield process
        finally:
            process.kill()


def stop(process: "subprocess.Popen[str]") -> None:
    """Stop a process; return when it stands."""
    process.send_signal(signal.SIGSTOP)
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def go_on(process: "subprocess.Popen[str]") -> None:
    """Let a process take its next step."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_the_writer_is_the_holder_until_it_commits(
    tmp_path: Path, lock: LockHolder
) -> None:
    """Whoever is between BEGIN IMMEDIATE and COMMIT holds it; else nobody does."""
    assert lock.holder() is None
    with writing(tmp_path) as process:
        seen = lock.holder()
        assert seen is not None
        assert (seen.pid, seen.stopped) == (process.pid, False)
        go_on(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "committed\n"
        assert lock.holder() is None


def test_ones_own_transaction_is_nobodys(
    lock: LockHolder, store: sqlite3.Connection
) -> None:
    """A process never finds itself; a look leaves its own lock in place."""
    store.execute("BEGIN IMMEDIATE")
    assert lock.holder() is None
    other = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('DELETE FROM t')"
    path = store.execute("PRAGMA database_list").fetchone()[2]
    command = [sys.executable, "-c", other.replace("sys.argv[1]", "sys.argv[1], 0")]
    done = subprocess.run([*command, path], capture_output=True, text=True, check=False)
    assert "database is locked" in done.stderr
    store.execute("COMMIT")


def test_a_store_that_is_not_there_is_held_by_nobody(tmp_path: Path) -> None:
    """Before the first connection the lock's file is missing."""
    assert LockHolder(tmp_path / "s.db-shm", WRITE_LOCK_BYTE).holder() is None


def test_a_stopped_holder_is_seen_and_killed(
    tmp_path: Path, lock: LockHolder, store: sqlite3.Connection
) -> None:
    """Its half transaction is rolled back and the lock is free at once."""
    with writing(tmp_path) as process:
        stop(process)
        seen = lock.holder()
        assert seen is not None
        assert seen.stopped
        identity = (seen.pid, seen.started)
        assert FlockLiveness().identity(str(tmp_path / "writer.lock")) == identity
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            store.execute("BEGIN IMMEDIATE")
        assert lock.kill(seen)
        assert process.wait() == -signal.SIGKILL
    store.execute("BEGIN IMMEDIATE")
    assert store.execute("SELECT count(*) FROM t").fetchone() == (0,)
    store.execute("COMMIT")


def test_a_holder_that_went_on_is_spared(tmp_path: Path, lock: LockHolder) -> None:
    """One that thaws between the look and the kill keeps its life."""
    with writing(tmp_path) as process:
        stop(process)
        seen = lock.holder()
        assert seen is not None
        process.send_signal(signal.SIGCONT)
        os.waitpid(process.pid, os.WCONTINUED)
        assert not lock.kill(seen)
        assert process.poll() is None


def test_a_holder_that_died_is_not_killed(tmp_path: Path, lock: LockHolder) -> None:
    """Its id may be another process's by now."""
    with writing(tmp_path) as process:
        stop(process)
        seen = lock.holder()
        assert seen is not None
    assert not lock.kill(seen)


def test_a_process_that_ran_between_two_looks_looks_different() -> None:
    """Processor time tells a process that stands from one that runs now and then."""
    spin = "print('up', flush=True)\nwhile True: pass"
    with subprocess.Popen(
        [sys.executable, "-c", spin], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        first = look_at(process.pid)
        while look_at(process.pid) == first:
            assert process.poll() is None
        stop(process)
        assert look_at(process.pid) == look_at(process.pid) != first
        process.kill()


def test_nobody_is_seen_where_nobody_is() -> None:
    """A process that has ended and was reaped is no process."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert look_at(process.pid) is None
