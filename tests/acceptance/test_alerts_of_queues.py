"""Work that piles up: Prometheus sees it, Alertmanager tells, and it clears again."""

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from tests.acceptance.flood import Flood
from tests.acceptance.server import KEY, Server, StandIn, serving
from tests.acceptance.watched import Watch

pytestmark = pytest.mark.long

PILE = 1010
CALLERS = 8
NO_LIMIT = "1000000"
PILED = (
    "MainstayQueueGrowing",
    "MainstayQueueLong",
    "MainstayQueueOverlong",
    "MainstayQueueOld",
    "MainstayHoldingReplies",
)
HELD_UP_S = 6.0
"""How long another program holds SQLite's write lock."""

WRITERS = 400


def write(server: Server, number: int) -> None:
    """Let a customer of their own ask something."""
    talk = server.open(f"customer-{number}")
    path = f"/v1/conversations/{talk}/messages"
    assert server.call("POST", path, {"text": "Hello, who are you?"})[0] == 202


@pytest.mark.timeout(240)
def test_a_pile_without_workers_is_told_band_by_band(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Depth, age and holding replies; a worker takes the pile away, and all clear."""
    with ExitStack() as stack:
        gateway = stack.enter_context(
            serving(
                tmp_path / "data",
                stand_in.address,
                "gateway",
                RATE_LIMIT=NO_LIMIT,
                API_WORKERS="1",
            )
        )
        watch.scrape(gateway)
        with ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(lambda n: write(gateway, n), range(PILE)))
        watch.pager.wait("firing", *PILED)
        for name in PILED:
            watch.told(name)
        said = watch.told("MainstayQueueOverlong")["annotations"]["description"]
        assert said.startswith("1.01k conversations wait"), said
        held = watch.told("MainstayHoldingReplies")["annotations"]["description"]
        assert " holding replies went out" in held
        stack.enter_context(serving(tmp_path / "data", stand_in.address, "worker"))
        watch.pager.wait("resolved", *PILED, patience_s=120)


def test_a_store_that_is_held_up_makes_a_gateway_turn_requests_away(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """It is told while it lasts, and cleared when writes go through again."""
    name = "MainstayShedding"
    with serving(
        tmp_path / "data",
        stand_in.address,
        "gateway",
        RATE_LIMIT=NO_LIMIT,
        API_WORKERS="1",
    ) as gateway:
        watch.scrape(gateway)
        talks = [gateway.open(f"customer-{n}") for n in range(WRITERS)]
        flood = Flood(gateway.address, KEY, talks)
        crowd = threading.Thread(
            target=lambda: asyncio.run(flood.run(WRITERS, 0, HELD_UP_S + 2))
        )
        with closing(sqlite3.connect(gateway.folder / "mainstay.db")) as other:
            other.isolation_level = None
            other.execute("BEGIN IMMEDIATE")
            crowd.start()
            watch.pager.wait("firing", name, patience_s=30)
            other.execute("ROLLBACK")
        assert "503" in watch.told(name)["annotations"]["description"]
        crowd.join()
        watch.pager.wait("resolved", name)
