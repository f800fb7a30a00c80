"""kill -9 at every statement and call of a turn with a refund, then another life."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mainstay.stores.sqlite.schema import migrate

SCRIPT = Path(__file__).with_name("core_life.py")
KILLED = -9


class Lives:
    """The forge of lives, and a folder for each scenario."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp = tmp_path
        self._blank = tmp_path / "blank"
        migrate(self._blank / "mainstay.db")
        self._forge = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def live(self, folder: Path, at: int | None) -> int:
        """Live once in ``folder``; return the exit code."""
        if not folder.exists():
            shutil.copytree(self._blank, folder)
        spec = {"folder": str(folder), "at": at, "log": str(folder / "points")}
        assert self._forge.stdin is not None
        assert self._forge.stdout is not None
        print(
            json.dumps(spec | {"answer": str(folder / "turn")}), file=self._forge.stdin
        )
        self._forge.stdin.flush()
        return int(self._forge.stdout.readline())

    def close(self) -> None:
        """End the forge."""
        assert self._forge.stdin is not None
        self._forge.stdin.close()
        self._forge.wait()


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    """Give a forge of lives."""
    forge = Lives(tmp_path)
    yield forge
    forge.close()


def rows(path: Path, sql: str) -> list[Any]:
    """Read a database after its processes are gone."""
    with sqlite3.connect(path) as db:
        return db.execute(sql).fetchall()


def test_a_turn_survives_kill_9_at_every_point(lives: Lives) -> None:
    """One refund, one true reply, one message in; back within 5 s, at every point."""
    whole = lives.tmp / "whole"
    assert lives.live(whole, None) == 0
    points = (whole / "points").read_text().splitlines()
    assert sum("call" in point for point in points) == 10, points
    assert sum("INSERT INTO steps" in point for point in points) == 6, points
    for at in range(1, len(points) + 1):
        folder = lives.tmp / f"at-{at}"
        struck = lives.live(folder, at)
        assert struck == KILLED, f"no death at {at}: {points[at - 1]}"
        started = time.monotonic()
        assert lives.live(folder, None) == 0
        took_s = time.monotonic() - started
        where = f"killed at {at}: {points[at - 1]}"
        assert took_s < 5, f"{where}: {took_s:.1f} s"
        check(folder, where)
    print(f"{len(points)} points, each survived")


def check(folder: Path, where: str) -> None:
    """Compare the world outside with what was promised."""
    store = folder / "mainstay.db"
    refunds = rows(folder / "shop.db", "SELECT count(*) FROM refunds")[0][0]
    assert refunds == 1, f"{where}: {refunds} refunds"
    said = rows(store, "SELECT role, text FROM messages ORDER BY seq")
    assert [role for role, _ in said] == ["customer", "agent"], f"{where}: {said}"
    assert "59.90" in said[1][1], f"{where}: {said}"
    turns = rows(store, "SELECT state, id FROM turns")
    assert turns == [("answered", (folder / "turn").read_text())], where
    effects = rows(store, "SELECT state FROM effects")
    assert effects == [("committed",)], f"{where}: {effects}"
    free = rows(store, "SELECT lease_owner, ready_at_ms FROM conversations")
    assert free == [(None, None)], f"{where}: {free}"
