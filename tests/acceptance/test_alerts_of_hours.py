"""An hour unlike its past: Prometheus sees it, and Alertmanager tells."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.server import StandIn, serving
from tests.acceptance.watched import Watch

from mainstay.domain.hour import BOUNDS_MS, HOUR_MS, HOURS_A_WEEK, HourSums
from mainstay.monitoring.health.hour_book import SLICE_MS
from mainstay.stores.hour_rows import row_of_hour

pytestmark = pytest.mark.long

NAME = "MainstayAnomaly"
TURNS, WEEKS = 100, 8
WAITS = (0, 0, TURNS, *(0 for _ in BOUNDS_MS[2:]))


def sums(hour: int, until_ms: int, failed: int = 0) -> HourSums:
    """Return an hour of answers of level 0."""
    levels = (TURNS, 0, 0, 0, 0)
    return HourSums(hour, until_ms, TURNS, failed, levels, WAITS, 1.0)


def write(file: Path, failed: int) -> None:
    """Let this hour have so many failures, after weeks without any."""
    now_ms = time.time_ns() // 1_000_000
    hour, until_ms = now_ms // HOUR_MS, now_ms // SLICE_MS * SLICE_MS
    past = [hour - HOURS_A_WEEK * week for week in range(1, WEEKS + 1)]
    hours = [sums(one, (one + 1) * HOUR_MS) for one in past]
    with closing(sqlite3.connect(file)) as store, store:
        # What was found before it would serve for some minutes.
        store.execute("DELETE FROM findings")
        store.execute("DELETE FROM hours")
        for one in (*hours, sums(hour, until_ms, failed)):
            store.execute("INSERT INTO hours VALUES (?,?,?,?,?,?,?)", row_of_hour(one))


def test_an_hour_unlike_its_past_is_told_until_it_is_like_it(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Half of the turns failed, and in eight weeks none; then none again."""
    folder = tmp_path / "data"
    with serving(folder, stand_in.address) as server:
        assert server.stop() == 0
    write(folder / "mainstay.db", TURNS // 2)
    with serving(folder, stand_in.address) as server:
        watch.scrape(server)
        watch.pager.wait("firing", NAME)
        told = watch.told(NAME)
        assert told["labels"]["signal"] == "error_rate"
        assert "20 deviations above" in told["annotations"]["description"]
        assert server.stop() == 0
    write(folder / "mainstay.db", 0)
    with serving(folder, stand_in.address) as server:
        watch.scrape(server)
        watch.pager.wait("resolved", NAME)
        assert server.stop() == 0
