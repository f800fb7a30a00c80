"""Machines in trouble: Prometheus sees it, Alertmanager tells, and it clears again."""

import os
import re
import time
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from tests.acceptance.hurried import DAYS
from tests.acceptance.server import PRIMARY, Server, StandIn, serving
from tests.acceptance.watched import Watch, watching

from mainstay.system.disk import disk_bytes
from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.servers.server import BackendMissing

pytestmark = pytest.mark.long

BEHIND_S = 5
"""How far a machine's clock is behind."""

DISK_BYTES = 64 * 2**20
"""A disk with room for the store, and little more."""

SKEW = re.compile(r"clock is (-?[\d.]+) s ahead")
MOUNT = f"""
mount -t tmpfs -o size={DISK_BYTES} small "$MAINSTAY_DATA"
exec "$@"
"""
AGENT = '''
from pathlib import Path

from mainstay import Agent, ToolContext

agent = Agent(
    name="Acme support",
    instructions="You help Acme's customers.",
    contact="support@acme.example",
)
kept = []


@agent.tool
async def find_parcel(ctx: ToolContext, order_id: str) -> dict:
    """Look for a parcel."""
    found = b"x" * 10_000_000
    if Path("leaky").exists():
        kept.append(found)
    return {"parcel": "P-1"}
'''
OLD = "time() - process_start_time_seconds > 40"
"""True of a process whose growth the rule has judged for a while: in a hurry it looks
back 15 s, and lets those be that are younger than 20 s."""

LOOK = {"tool_use": [{"name": "find_parcel", "input": {"order_id": "7"}}]}


def own_mounts() -> list[str]:
    """Return what runs a command with mounts that nobody else sees."""
    # Whoever is not root may mount in a user namespace of their own alone.
    namespaces = "-m" if os.geteuid() == 0 else "-rm"
    return ["unshare", namespaces, "sh", "-euc", MOUNT, "sh"]


def own_clock(offset: Path) -> dict[str, str]:
    """Return variables that let a process read a clock that is off by a file's text.

    Only the time of day: what measures spans of time goes on as it does.
    """
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise BackendMissing("libfaketime is not installed; apt install libfaketime")
    return {
        "LD_PRELOAD": str(found[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def database(folder: Path) -> Generator[str]:
    """Give the address of a PostgreSQL."""
    postgres = PostgresServer(folder)
    postgres.start()
    try:
        yield postgres.url()
    finally:
        postgres.stop()


def test_a_clock_that_is_behind_is_told_until_it_is_set(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """With its direction, while customers are answered by the database's clock."""
    name, offset = "MainstayClockSkew", tmp_path / "offset"
    offset.write_text(f"-{BEHIND_S}s")
    with (
        database(tmp_path / "postgres") as address,
        serving(
            tmp_path / "data",
            stand_in.address,
            DATABASE_URL=address,
            **own_clock(offset),
        ) as server,
    ):
        watch.scrape(server)
        watch.pager.wait("firing", name)
        said = watch.told(name)["annotations"]["description"]
        assert float(SKEW.findall(said)[0]) == pytest.approx(BEHIND_S, abs=0.5)
        assert server.ask("Hello, who are you?")["fallback_level"] == 0
        offset.write_text("+0s")
        watch.pager.wait("resolved", name)


def test_a_disk_that_another_program_fills_is_told_until_there_is_room(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """It pages before it is full, while customers are answered."""
    name, data = "MainstayDiskFilling", tmp_path / "data"
    with serving(data, stand_in.address, within=own_mounts()) as server:
        watch.scrape(server)
        inside = Path(f"/proc/{server.process.pid}/root{data}")
        free_bytes, total_bytes = disk_bytes(inside)
        assert total_bytes == DISK_BYTES
        backup = inside / "backup"
        backup.write_bytes(bytes(free_bytes - DISK_BYTES // 20))
        watch.pager.wait("firing", name)
        alert = watch.told(name)
        assert alert["labels"]["severity"] == "page"
        assert server.ask("Hello, who are you?")["fallback_level"] == 0
        backup.unlink()
        watch.pager.wait("resolved", name)


def test_a_tool_that_keeps_what_it_should_not_is_told_until_a_restart(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """Not while it lets everything go, however long and often it is called."""
    name, folder = "MainstayMemoryGrows", tmp_path / "data"
    folder.mkdir()
    (folder / "acme.py").write_text(AGENT)

    def server() -> AbstractContextManager[Server]:
        return serving(folder, stand_in.address, agent="acme.py:agent")

    with watching(tmp_path / "watch", DAYS) as watch:
        with server() as leaking:
            watch.scrape(leaking)

            def look() -> None:
                stand_in.control("PUT", "/script", {PRIMARY: [LOOK]})
                leaking.ask("Where is order 7?")

            while not watch.prometheus.query(OLD):
                look()
                time.sleep(0.2)
            assert watch.prometheus.query(f'ALERTS{{alertname="{name}"}}') == []
            assert watch.pager.last(name, "firing") == []
            (folder / "leaky").touch()
            watch.pager.wait("firing", name, meanwhile=look)
            assert watch.told(name)["labels"]["severity"] == "ticket"
            assert leaking.stop() == 0
        (folder / "leaky").unlink()
        with server() as fresh:
            watch.scrape(fresh)
            watch.pager.wait("resolved", name)
