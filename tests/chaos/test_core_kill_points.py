"""kill -9 at every statement and call of a turn with a refund, then another life."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.core_lives import KILLED, CoreLives

from mainstay.stores.sqlite.schema import migrate


class Lives(CoreLives):
    """Lives on SQLite, each scenario in a folder of its own."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp = tmp_path
        self._blank = tmp_path / "blank"
        migrate(self._blank / "mainstay.db")
        super().__init__("core_life")

    def live(self, folder: Path, at: int | None, **more: str) -> int:
        """Live once in ``folder``; return the exit code."""
        if not folder.exists():
            shutil.copytree(self._blank, folder)
        return super().live(folder, at, **more)


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
