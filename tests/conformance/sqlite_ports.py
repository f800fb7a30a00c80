"""SQLite stores for the conformance suites."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import AsyncExitStack, closing, contextmanager
from functools import cache
from pathlib import Path

from mainstay.stores.sqlite.schema import migrate
from mainstay.stores.sqlite.store import SqliteStore, open_store
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.ports import StorePorts


@contextmanager
def opened(path: Path, clock: ManualClock) -> Generator[StorePorts]:
    """Open the file, once more if it is open."""
    store = open_store(
        path,
        clock,
        SystemIds(clock.now_ms),
        busy_timeout_s=5,
        on_commit=lambda _: None,
    )
    with closing(store):
        yield ports_of(store, clock)


def ports_of(store: SqliteStore, clock: ManualClock) -> StorePorts:
    """Return what the suites use of a store."""
    return StorePorts(
        inbox=store.inbox,
        leases=store.leases,
        journal=store.journal,
        watch=store.watch,
        schedule=store.schedule,
        conversations=store.conversations,
        desk=store.desk,
        keys=store.keys,
        audit=store.audit,
        knowledge=store.knowledge,
        answers=store.answers,
        spend=store.spend,
        standings=store.standings,
        findings=store.findings,
        hours=store.hours,
        alerts=store.alerts,
        pages=store.alerts,
        orders=store.orders,
        members=store.members,
        records=store.records,
        hearing=store.hearing,
        clock=clock,
    )


async def fresh(
    scope: AsyncExitStack, count: int
) -> tuple[ManualClock, list[StorePorts]]:
    """Open a fresh store so many times."""
    folder = Path(scope.enter_context(tempfile.TemporaryDirectory()))
    clock, path = ManualClock(), empty(folder / "s.db")
    return clock, [scope.enter_context(opened(path, clock)) for _ in range(count)]


def empty(path: Path) -> Path:
    """Copy an empty store to the path: that takes less time than a migration."""
    path.write_bytes(_template())
    return path


@cache
def _template() -> bytes:
    folder = Path(tempfile.mkdtemp())
    try:
        migrate(folder / "s.db")
        return (folder / "s.db").read_bytes()
    finally:
        shutil.rmtree(folder)
