"""The embedded store keeps the contract of every store port."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conformance.sqlite_ports import empty, opened

from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.accept import AcceptConformance
from mainstay.testing.store_conformance.alerts import (
    AlertsConformance,
    PagesConformance,
)
from mainstay.testing.store_conformance.answers import (
    AnswersConformance,
    EarlierAnswersConformance,
)
from mainstay.testing.store_conformance.desk import DeskConformance
from mainstay.testing.store_conformance.fence import FenceConformance
from mainstay.testing.store_conformance.findings import FindingsConformance
from mainstay.testing.store_conformance.handover import HandoverConformance
from mainstay.testing.store_conformance.history import HistoryConformance
from mainstay.testing.store_conformance.hours import HoursConformance
from mainstay.testing.store_conformance.inbox import InboxConformance
from mainstay.testing.store_conformance.journal import JournalConformance
from mainstay.testing.store_conformance.leases import LeasesConformance
from mainstay.testing.store_conformance.ports import StorePorts
from mainstay.testing.store_conformance.readiness import (
    HearingConformance,
    MembersConformance,
    OrdersConformance,
    RecordsConformance,
)
from mainstay.testing.store_conformance.records import (
    AuditConformance,
    KeysConformance,
    ScheduleConformance,
)
from mainstay.testing.store_conformance.slow import SlowTurnsConformance
from mainstay.testing.store_conformance.spend import SpendConformance
from mainstay.testing.store_conformance.standing import StandingConformance
from mainstay.testing.store_conformance.traces import TraceConformance
from mainstay.testing.store_conformance.watch import WatchConformance


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[StorePorts]:
    """Give a fresh store."""
    with opened(empty(tmp_path / "s.db"), ManualClock()) as fresh:
        yield fresh


class TestSqliteInbox(InboxConformance):
    """On SQLite."""


class TestSqliteAccept(AcceptConformance):
    """On SQLite: accept at its edges."""


class TestSqliteLeases(LeasesConformance):
    """On SQLite."""


class TestSqliteFence(FenceConformance):
    """On SQLite: what an old holder may not do."""


class TestSqliteJournal(JournalConformance):
    """On SQLite."""


class TestSqliteDesk(DeskConformance):
    """On SQLite."""


class TestSqliteHandover(HandoverConformance):
    """On SQLite: decisions, redrives and owners at their edges."""


class TestSqliteWatch(WatchConformance):
    """On SQLite."""


class TestSqliteHistory(HistoryConformance):
    """On SQLite: events and audit of every act."""


class TestSqliteSchedule(ScheduleConformance):
    """On SQLite."""


class TestSqliteKeys(KeysConformance):
    """On SQLite."""


class TestSqliteAudit(AuditConformance):
    """On SQLite."""


class TestSqliteEarlierAnswers(EarlierAnswersConformance):
    """On SQLite: who is given what again, and for how long."""


class TestSqliteAnswers(AnswersConformance):
    """On SQLite."""


class TestSqliteSlowTurns(SlowTurnsConformance):
    """On SQLite: who waits longest."""


class TestSqliteSpend(SpendConformance):
    """On SQLite: what turns cost."""


class TestSqliteStanding(StandingConformance):
    """On SQLite: what waits for a human."""


class TestSqliteTraces(TraceConformance):
    """On SQLite."""


class TestSqliteFindings(FindingsConformance):
    """On SQLite: what one process found out for all."""


class TestSqliteHours(HoursConformance):
    """On SQLite: sums over turns."""


class TestSqliteAlerts(AlertsConformance):
    """On SQLite: who watches."""


class TestSqlitePages(PagesConformance):
    """On SQLite: where metrics are."""


class TestSqliteOrders(OrdersConformance):
    """On SQLite."""


class TestSqliteMembers(MembersConformance):
    """On SQLite."""


class TestSqliteRecords(RecordsConformance):
    """On SQLite."""


class TestSqliteHearing(HearingConformance):
    """On SQLite."""
