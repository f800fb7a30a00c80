"""``mainstay migrate`` on a store of the release before; starts before and after."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.unit.stores.released_store import released_store

from mainstay.stores.sqlite.revisions import HEAD, NEEDS
from mainstay.system.liveness import LivenessLock

Command = Callable[..., subprocess.CompletedProcess[str]]

PRODUCTION = {
    "MAINSTAY_ENV": "production",
    "DB_TYPE": "sqlite",
    "QUEUE_TYPE": "database",
    "ANTHROPIC_API_KEY": "k",
    "MAINSTAY_AGENT": "mainstay.shop.agent:agent",
    "API_PORT": "0",
}
PENDING = [
    "0002 Processes tell their version",
    "0003 Earlier answers can end and be removed",
    "0004 What was spent is counted",
    "0005 Turns tell up to which attempt they are counted",
    "0006 A turn keeps its place in a trace",
    "0007 Findings are shared, and hours compared with past weeks",
    "0008 Alerts are watched",
    "0009 Drills can be given and checks recorded",
]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store of 0.1.0."""
    return released_store(tmp_path / "mainstay-data" / "mainstay.db")


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Return a function that runs ``mainstay`` beside the store."""

    def run(
        *words: str, code: int = 0, folder: Path = tmp_path, **env: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "PYTHONPATH")}
        done = subprocess.run(
            [sys.executable, "-m", "mainstay", *words],
            cwd=folder,
            env=kept | env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done

    return run


def test_status_tells_and_changes_nothing(store: Path, command: Command) -> None:
    """In words, and as JSON."""
    before = store.read_bytes()
    told = command("migrate", "--status").stdout.splitlines()
    assert told == [
        f"schema 0001; this version knows {HEAD}",
        f"pre:  {'; '.join(PENDING)}",
        "post: nothing to do",
        "no process of another version runs",
    ]
    assert json.loads(command("migrate", "--status", "--json").stdout) == {
        "current": "0001",
        "head": HEAD,
        "pending": {"pre": PENDING, "post": []},
        "old_processes": [],
    }
    assert store.read_bytes() == before


def test_phases_tell_what_they_did(store: Path, command: Command) -> None:
    """The outcome on standard output, each thing done on standard error."""
    first = command("migrate", "--phase", "pre", "--json")
    assert json.loads(first.stdout) == {"from": "0001", "to": HEAD, "done": PENDING}
    assert first.stderr == "".join(f"pre: {one}\n" for one in PENDING)
    again = command("migrate", "--phase", "pre")
    assert again.stdout == f"schema {HEAD}: nothing to do\n"
    assert command("migrate", "--phase", "post").stdout == again.stdout


def test_post_names_a_process_of_the_release_before(
    store: Path, command: Command
) -> None:
    """While its lock is held; a dead one's entry does not count."""
    command("migrate", "--phase", "pre")
    lock = LivenessLock(store.parent / "processes", "proc_old")
    lock.acquire()
    enter(store, "proc_old", str(lock.path))
    enter(store, "proc_dead", "/nowhere")
    refused = command("migrate", "--json", code=1)
    [told] = json.loads(refused.stdout)["waits_for"]
    assert told == {
        "owner": "proc_old",
        "role": "gateway+worker",
        "version": "0.1.0",
        "head": "0001",
        "functions": "",
    }
    assert refused.stderr == (
        "mainstay: post waits for a process of another version: proc_old "
        "(gateway+worker, version 0.1.0); stop them (SIGTERM drains), "
        "then run it again\n"
    )
    assert "proc_old" in command("migrate", "--status").stdout
    lock.release()
    command("migrate", "--phase", "post")


def test_a_process_is_found_from_another_folder(
    store: Path, command: Command, tmp_path: Path
) -> None:
    """0.1.0 wrote the path of its lock as its own working directory saw it."""
    command("migrate", "--phase", "pre")
    lock = LivenessLock(store.parent / "processes", "proc_old")
    lock.acquire()
    enter(store, "proc_old", str(lock.path.relative_to(tmp_path)))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = ("migrate", "--data", str(store.parent))
    command(*words, code=1, folder=elsewhere)
    lock.release()
    command(*words, folder=elsewhere)


def enter(store: Path, owner: str, lock_path: str) -> None:
    """Enlist a process as 0.1.0 does."""
    with closing(sqlite3.connect(store)) as db, db:
        db.execute(
            "INSERT OR REPLACE INTO processes (owner, lock_path, role, started_at_ms) "
            "VALUES (?, ?, 'gateway+worker', 1)",
            (owner, lock_path),
        )


def test_in_production_a_start_changes_no_schema(store: Path, command: Command) -> None:
    """Neither of a server nor of administration; the line names the command."""
    before = store.read_bytes()
    for words in (["serve", "all"], ["keys", "list"]):
        refused = command(*words, code=1, **PRODUCTION)
        line = refused.stderr.splitlines()[-1]
        assert f"schema 0001, this version needs {NEEDS}" in line
        assert line.endswith("run: mainstay migrate --phase pre")
    assert store.read_bytes() == before
    command("migrate", "--phase", "pre", **PRODUCTION)
    command("keys", "list", **PRODUCTION)
