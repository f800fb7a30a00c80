"""The PostgreSQL store keeps the contract of every store port."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.conformance.postgres_ports import DatabaseClock, empty, opened

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


@pytest_asyncio.fixture
async def ports() -> AsyncIterator[StorePorts]:
    """Give a fresh store."""
    url = await empty()
    async with opened(url, DatabaseClock(url.rsplit("/", 1)[1])) as fresh:
        yield fresh


class TestPostgresInbox(InboxConformance):
    """On PostgreSQL."""


class TestPostgresAccept(AcceptConformance):
    """On PostgreSQL: accept at its edges."""


class TestPostgresLeases(LeasesConformance):
    """On PostgreSQL."""


class TestPostgresFence(FenceConformance):
    """On PostgreSQL: what an old holder may not do."""


class TestPostgresJournal(JournalConformance):
    """On PostgreSQL."""


class TestPostgresDesk(DeskConformance):
    """On PostgreSQL."""


class TestPostgresHandover(HandoverConformance):
    """On PostgreSQL: decisions, redrives and owners at their edges."""


class TestPostgresWatch(WatchConformance):
    """On PostgreSQL."""


class TestPostgresHistory(HistoryConformance):
    """On PostgreSQL: events and audit of every act."""


class TestPostgresSchedule(ScheduleConformance):
    """On PostgreSQL."""


class TestPostgresKeys(KeysConformance):
    """On PostgreSQL."""


class TestPostgresAudit(AuditConformance):
    """On PostgreSQL."""


class TestPostgresEarlierAnswers(EarlierAnswersConformance):
    """On PostgreSQL: who is given what again, and for how long."""


class TestPostgresAnswers(AnswersConformance):
    """On PostgreSQL."""


class TestPostgresSlowTurns(SlowTurnsConformance):
    """On PostgreSQL: who waits longest."""


class TestPostgresSpend(SpendConformance):
    """On PostgreSQL: what turns cost."""


class TestPostgresStanding(StandingConformance):
    """On PostgreSQL: what waits for a human."""


class TestPostgresTraces(TraceConformance):
    """On PostgreSQL."""


class TestPostgresFindings(FindingsConformance):
    """On PostgreSQL: what one process found out for all."""


class TestPostgresHours(HoursConformance):
    """On PostgreSQL: sums over turns."""


class TestPostgresAlerts(AlertsConformance):
    """On PostgreSQL: who watches."""


class TestPostgresPages(PagesConformance):
    """On PostgreSQL: where metrics are."""


class TestPostgresOrders(OrdersConformance):
    """On PostgreSQL."""


class TestPostgresMembers(MembersConformance):
    """On PostgreSQL."""


class TestPostgresRecords(RecordsConformance):
    """On PostgreSQL."""


class TestPostgresHearing(HearingConformance):
    """On PostgreSQL."""
