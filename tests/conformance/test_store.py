"""The embedded store keeps the contract of every store port."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mainstay.stores.sqlite.store import open_store
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.desk import DeskConformance, WatchConformance
from mainstay.testing.store_conformance.inbox import InboxConformance
from mainstay.testing.store_conformance.journal import JournalConformance
from mainstay.testing.store_conformance.leases import LeasesConformance
from mainstay.testing.store_conformance.ports import StorePorts
from mainstay.testing.store_conformance.races import RaceConformance
from mainstay.testing.store_conformance.records import (
    AuditConformance,
    KeysConformance,
    ScheduleConformance,
)


def opened(folder: Path, clock: ManualClock) -> Iterator[StorePorts]:
    """Open the file in the folder once more."""
    store = open_store(
        folder / "s.db", clock, SystemIds(), busy_timeout_s=5, on_commit=lambda _: None
    )
    with closing(store):
        yield StorePorts(
            inbox=store.inbox,
            leases=store.leases,
            journal=store.journal,
            watch=store.watch,
            schedule=store.schedule,
            conversations=store.conversations,
            desk=store.desk,
            keys=store.keys,
            audit=store.audit,
            clock=clock,
        )


@pytest.fixture
def clock() -> ManualClock:
    """Give the time of every store here."""
    return ManualClock()


@pytest.fixture
def ports(tmp_path: Path, clock: ManualClock) -> Iterator[StorePorts]:
    """Give a fresh store."""
    yield from opened(tmp_path, clock)


@pytest.fixture
def sides(
    tmp_path: Path, clock: ManualClock, ports: StorePorts
) -> Iterator[tuple[StorePorts, StorePorts]]:
    """Give one file opened twice, as two processes do."""
    for second in opened(tmp_path, clock):
        yield ports, second


class TestSqliteInbox(InboxConformance):
    """On SQLite."""


class TestSqliteLeases(LeasesConformance):
    """On SQLite."""


class TestSqliteJournal(JournalConformance):
    """On SQLite."""


class TestSqliteDesk(DeskConformance):
    """On SQLite."""


class TestSqliteWatch(WatchConformance):
    """On SQLite."""


class TestSqliteSchedule(ScheduleConformance):
    """On SQLite."""


class TestSqliteKeys(KeysConformance):
    """On SQLite."""


class TestSqliteAudit(AuditConformance):
    """On SQLite."""


class TestSqliteRaces(RaceConformance):
    """On SQLite."""
