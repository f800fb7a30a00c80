"""The store on PostgreSQL, put together."""

from collections.abc import Callable
from dataclasses import dataclass

from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.stores.postgres.alerts import PostgresAlerts
from mainstay.stores.postgres.answers import PostgresAnswers
from mainstay.stores.postgres.audit import PostgresAudit
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.conversations import PostgresConversations
from mainstay.stores.postgres.desk import PostgresDesk
from mainstay.stores.postgres.findings import PostgresFindings
from mainstay.stores.postgres.hearing import PostgresHearing
from mainstay.stores.postgres.hours import PostgresHours
from mainstay.stores.postgres.inbox import PostgresInbox
from mainstay.stores.postgres.journal import PostgresJournal
from mainstay.stores.postgres.keys import PostgresKeys
from mainstay.stores.postgres.knowledge import PostgresKnowledge
from mainstay.stores.postgres.leases import PostgresLeases
from mainstay.stores.postgres.members import PostgresMembers
from mainstay.stores.postgres.orders import PostgresOrders
from mainstay.stores.postgres.presence import SessionLiveness
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.records import PostgresRecords
from mainstay.stores.postgres.schedule import PostgresSchedule
from mainstay.stores.postgres.spend import PostgresSpend
from mainstay.stores.postgres.standing import PostgresStandings
from mainstay.stores.postgres.watch import PostgresWatch
from mainstay.stores.postgres.writer import Writer

OWN = 4
"""Connections beside the pool: for writes, renewals, presence and news."""


@dataclass(frozen=True, slots=True)
class PostgresStore:
    """Every store port on one PostgreSQL database."""

    writer: Writer
    reader: Reader
    inbox: PostgresInbox
    leases: PostgresLeases
    journal: PostgresJournal
    watch: PostgresWatch
    schedule: PostgresSchedule
    conversations: PostgresConversations
    desk: PostgresDesk
    keys: PostgresKeys
    audit: PostgresAudit
    knowledge: PostgresKnowledge
    answers: PostgresAnswers
    spend: PostgresSpend
    standings: PostgresStandings
    findings: PostgresFindings
    hours: PostgresHours
    alerts: PostgresAlerts
    orders: PostgresOrders
    members: PostgresMembers
    records: PostgresRecords
    hearing: PostgresHearing
    liveness: SessionLiveness

    async def stop(self) -> None:
        """Commit what waits and close every connection; may be repeated."""
        await self.writer.stop()
        await self.reader.stop()
        await self.leases.stop()


async def open_store(
    address: Address,
    clock: Clock,
    ids: Ids,
    *,
    pool_size: int,
    on_commit: Callable[[set[str]], None],
    scope: str = "",
) -> PostgresStore:
    """Open the store; the schema must be there.

    Args:
        address: the database.
        clock: for waiting; the store's time is the database's.
        ids: names new rows.
        pool_size: connections at most, all in all.
        on_commit: called on the loop with the conversations that have new events.
        scope: agent, locale and policy version that help articles must share.
    """
    writer = Writer(address, clock, ids, on_commit)
    readers = max(1, pool_size - OWN)
    reader = Reader(address, clock, readers, silent=writer.distrust)
    await reader.start()
    return PostgresStore(
        writer=writer,
        reader=reader,
        inbox=PostgresInbox(writer, reader, ids),
        leases=PostgresLeases(writer, reader, address),
        journal=PostgresJournal(writer, reader, ids),
        watch=PostgresWatch(writer, reader, ids),
        schedule=PostgresSchedule(reader),
        conversations=PostgresConversations(reader),
        desk=PostgresDesk(writer, reader, ids),
        keys=PostgresKeys(writer, reader, ids),
        audit=PostgresAudit(writer, reader),
        knowledge=PostgresKnowledge(writer, reader, scope),
        answers=PostgresAnswers(writer, reader),
        spend=PostgresSpend(reader),
        standings=PostgresStandings(reader),
        findings=PostgresFindings(reader),
        hours=PostgresHours(reader),
        alerts=PostgresAlerts(reader),
        orders=PostgresOrders(reader),
        members=PostgresMembers(reader),
        records=PostgresRecords(reader),
        hearing=PostgresHearing(reader),
        liveness=SessionLiveness(reader),
    )
