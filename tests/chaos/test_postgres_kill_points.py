"""kill -9 around every statement and call of a turn with two tools on PostgreSQL."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from tests.chaos.core_life_postgres import BOOKED, DOUBT
from tests.chaos.core_lives import KILLED, CoreLives
from tests.conformance import postgres_ports

from mainstay.stores.postgres import schema
from mainstay.system.clock import SystemClock

AT_ONCE = 2
TEMPLATE = "template_of_lives"
BACK_S = 5.0
PROVEN_S = 8
"""A server that has run for less tells nothing of who is dead."""

LEFT = """
SELECT json_build_object(
  'turns', (SELECT json_agg(json_build_array(state, id)) FROM turns),
  'effects', (SELECT json_object_agg(tool, state) FROM effects),
  'said', (SELECT json_agg(json_build_array(role, text) ORDER BY seq) FROM messages),
  'free', (SELECT json_agg(lease_owner IS NULL AND ready_at_ms IS NULL)
           FROM conversations))
"""
COMMITTED, UNKNOWN = "committed", "unknown"


class Scenarios:
    """Forges of lives, and a folder and a database for each scenario."""

    def __init__(self, tmp_path: Path) -> None:
        self.tmp = tmp_path
        self._server = postgres_ports.server()
        address = postgres_ports.address_of(self._server.create(TEMPLATE))
        asyncio.run(schema.migrate(address, SystemClock()))
        self._forges = SimpleQueue[CoreLives]()
        for _ in range(AT_ONCE):
            self._forges.put(CoreLives("core_life_postgres"))

    def live(self, name: str, at: int | None) -> int:
        """Live once in a scenario's folder, on its database; return the exit code."""
        folder = self.tmp / name
        if not folder.exists():
            folder.mkdir()
            self._server.sql(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        forge = self._forges.get()
        try:
            return forge.live(folder, at, database=self._server.url(name))
        finally:
            self._forges.put(forge)

    def left(self, name: str) -> dict[str, Any]:
        """Return what the database holds of a scenario."""
        path = f"SET search_path = {schema.SEARCH_PATH};"
        return json.loads(self._server.sql(path + LEFT, name))

    def proven(self) -> None:
        """Return when the server has run for long enough to tell who is dead."""
        old = f"SELECT now() - pg_postmaster_start_time() > interval '{PROVEN_S} s'"
        until = time.monotonic() + PROVEN_S + 1
        while self._server.sql(old) != "t":
            assert time.monotonic() < until
            time.sleep(0.1)

    def close(self) -> None:
        """End the forges."""
        for _ in range(AT_ONCE):
            self._forges.get().close()


@pytest.fixture
def scenarios(tmp_path: Path) -> Iterator[Scenarios]:
    """Give forges of lives."""
    one = Scenarios(tmp_path)
    yield one
    one.close()


def test_a_turn_with_two_tools_survives_kill_9_at_every_point(
    scenarios: Scenarios,
) -> None:
    """One refund, a courier at most, one true reply; back within 5 s, at every point.

    In the middle of a commit too: the next life starts while it may still come.
    """
    assert scenarios.live("whole", None) == 0
    points = (scenarios.tmp / "whole" / "points").read_text().splitlines()
    assert sum("call" in point for point in points) == 10, points
    for verb, times in {"accept": 1, "claim": 1, "append": 6, "finish": 1}.items():
        for when in ("before", "amid", "after"):
            assert points.count(f"{when} {verb}") == times, points
    scenarios.proven()

    def scenario(at: int) -> tuple[float, str]:
        name, where = f"at_{at}", f"killed at {at}: {points[at - 1]}"
        assert scenarios.live(name, at) == KILLED, f"not {where}"
        began = time.monotonic()
        assert scenarios.live(name, None) == 0, where
        took_s = time.monotonic() - began
        return took_s, check(scenarios, name, where)

    numbers: Iterable[int] = range(1, len(points) + 1)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = list(pool.map(scenario, numbers))
    assert max(took_s for took_s, _ in ends) < BACK_S
    doubtful = {n for n, (_, fate) in enumerate(ends) if fate == UNKNOWN}
    asked, heard = [n for n, point in enumerate(points) if "call" in point][6:8]
    # From the intent on disk until the result is, and no longer; in mid-commit either.
    assert set(range(asked - 1, heard + 2)) <= doubtful
    assert doubtful <= set(range(asked - 2, heard + 3))
    slowest_s = max(took_s for took_s, _ in ends)
    print(f"{len(points)} points, {len(doubtful)} in doubt, slowest {slowest_s:.1f} s")


def check(scenarios: Scenarios, name: str, where: str) -> str:
    """Compare the world outside with what was promised; return the courier's fate."""
    folder, left = scenarios.tmp / name, scenarios.left(name)
    with closing(sqlite3.connect(folder / "shop.db")) as shop:
        refunds = shop.execute("SELECT count(*) FROM refunds").fetchone()[0]
    assert refunds == 1, f"{where}: {refunds} refunds"
    ledger = folder / "couriers"
    couriers = len(ledger.read_text().splitlines()) if ledger.exists() else 0
    assert left["turns"] == [["answered", (folder / "turn").read_text()]], where
    assert [role for role, _ in left["said"]] == ["customer", "agent"], where
    reply, fate = left["said"][1][1], left["effects"]["book_courier"]
    assert "59.90" in reply, f"{where}: {reply}"
    assert left["effects"]["refund_order"] == COMMITTED, where
    if fate == COMMITTED:
        assert (couriers, BOOKED in reply, DOUBT in reply) == (1, True, False), where
    else:
        assert fate == UNKNOWN, where
        assert couriers <= 1, where
        assert (BOOKED in reply, DOUBT in reply) == (False, True), f"{where}: {reply}"
    assert left["free"] == [True], where
    return fate
