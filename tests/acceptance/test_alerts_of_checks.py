"""Checks that fail: Prometheus sees it, Alertmanager tells, and it clears again."""

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn, serving
from tests.acceptance.watched import Watch

from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.servers.redis import RedisServer

pytestmark = pytest.mark.long

NAMES = ("MainstayCriticalCheckFails", "MainstayCheckFails")
TWO_LOOKS_S = 120.0
"""The cache is looked at every 30 s, and two failures in a row are told."""

STALE_S = 180.0
"""A check is missed for two minutes before it is told."""


@pytest.mark.timeout(300)
def test_a_database_and_a_cache_that_go_are_told_until_they_are_back(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """The one pages, the other is a ticket; both name the check."""
    postgres = PostgresServer(tmp_path / "postgres")
    redis = RedisServer(tmp_path / "redis")
    with ExitStack() as stack:
        for engine in (postgres, redis):
            engine.start()
            stack.callback(engine.stop)
        server = stack.enter_context(
            serving(
                tmp_path / "data",
                stand_in.address,
                DATABASE_URL=postgres.url(),
                REDIS_URL=redis.url,
            )
        )
        watch.scrape(server)
        server.ask("Hello, who are you?")
        postgres.stop()
        redis.stop()
        watch.pager.wait("firing", *NAMES, patience_s=TWO_LOOKS_S)
        for name, check in zip(NAMES, ("database", "cache"), strict=True):
            told = watch.pager.last(name, "firing")
            assert check in {alert["labels"]["check"] for alert in told}
        postgres.start()
        redis.start()
        watch.pager.wait("resolved", *NAMES, patience_s=TWO_LOOKS_S)


@pytest.mark.timeout(400)
def test_a_check_that_nobody_makes_is_told_until_somebody_does(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Only workers ask Claude: with the last of them gone nobody knows how it is."""
    name = "MainstayCheckStale"

    def role(of: str) -> AbstractContextManager[Server]:
        return serving(tmp_path / "data", stand_in.address, of, API_WORKERS="1")

    with ExitStack() as stack:
        gateway = stack.enter_context(role("gateway"))
        with role("worker") as worker:
            watch.scrape(gateway, worker)
            gateway.ask("Hello, who are you?")
            assert worker.stop() == 0
        watch.pager.wait("firing", name, patience_s=STALE_S)
        assert watch.told(name)["labels"]["check"] == "claude_api"
        worker = stack.enter_context(role("worker"))
        watch.scrape(gateway, worker)
        watch.pager.wait("resolved", name)
