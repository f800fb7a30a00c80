"""The store on SQLite, put together: one file, one writer, one reader."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.alerts import SqliteAlerts
from mainstay.stores.sqlite.answers import SqliteAnswers
from mainstay.stores.sqlite.audit import SqliteAudit
from mainstay.stores.sqlite.checkpoint import Checkpointer
from mainstay.stores.sqlite.conversations import SqliteConversations
from mainstay.stores.sqlite.desk import SqliteDesk
from mainstay.stores.sqlite.findings import SqliteFindings
from mainstay.stores.sqlite.hearing import SqliteHearing
from mainstay.stores.sqlite.hours import SqliteHours
from mainstay.stores.sqlite.inbox import SqliteInbox
from mainstay.stores.sqlite.journal import SqliteJournal
from mainstay.stores.sqlite.keys import SqliteKeys
from mainstay.stores.sqlite.knowledge import SqliteKnowledge
from mainstay.stores.sqlite.leases import SqliteLeases
from mainstay.stores.sqlite.members import SqliteMembers
from mainstay.stores.sqlite.orders import SqliteOrders
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.reader_thread import ReaderThread
from mainstay.stores.sqlite.records import SqliteRecords
from mainstay.stores.sqlite.schedule import SqliteSchedule
from mainstay.stores.sqlite.schema import prepare
from mainstay.stores.sqlite.spend import SqliteSpend
from mainstay.stores.sqlite.standing import SqliteStandings
from mainstay.stores.sqlite.watch import SqliteWatch
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.sqlite.writer_thread import WriterThread


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """Every store port on one SQLite file."""

    writer: Writer
    reader: Reader
    inbox: SqliteInbox
    leases: SqliteLeases
    journal: SqliteJournal
    watch: SqliteWatch
    schedule: SqliteSchedule
    conversations: SqliteConversations
    desk: SqliteDesk
    keys: SqliteKeys
    audit: SqliteAudit
    knowledge: SqliteKnowledge
    answers: SqliteAnswers
    spend: SqliteSpend
    standings: SqliteStandings
    findings: SqliteFindings
    hours: SqliteHours
    alerts: SqliteAlerts
    orders: SqliteOrders
    members: SqliteMembers
    records: SqliteRecords
    hearing: SqliteHearing
    beside: Checkpointer | None = None

    def close(self) -> None:
        """Commit what waits and close the file; may be repeated."""
        self.writer.close()
        self.reader.close()
        if self.beside is not None:
            self.beside.close()


def open_store(
    path: Path,
    clock: Clock,
    ids: Ids,
    *,
    busy_timeout_s: float,
    on_commit: Callable[[set[str]], None],
    scope: str = "",
) -> SqliteStore:
    """Open the file; it is made, or given what this version needs, if it is not so.

    Args:
        path: the database file; its folder is made.
        clock: the store's time.
        ids: names new rows.
        busy_timeout_s: seconds to wait for another process's write lock.
        on_commit: called on the loop with the conversations that have new events.
        scope: agent, locale and policy version that help articles must share.
    """
    prepare(path)
    writer = WriterThread(path, clock, busy_timeout_s, on_commit)
    reader = ReaderThread(path, busy_timeout_s)
    store = store_on(writer, reader, clock, ids, scope=scope)
    return replace(store, beside=Checkpointer(path, writer))


def store_on(
    writer: Writer, reader: Reader, clock: Clock, ids: Ids, *, scope: str = ""
) -> SqliteStore:
    """Put the ports on a writer and a reader of one database."""
    return SqliteStore(
        writer=writer,
        reader=reader,
        inbox=SqliteInbox(writer, reader, ids, clock),
        leases=SqliteLeases(writer, reader),
        journal=SqliteJournal(writer, reader, ids, clock),
        watch=SqliteWatch(writer, reader, ids, clock),
        schedule=SqliteSchedule(writer, reader, clock),
        conversations=SqliteConversations(reader, clock),
        desk=SqliteDesk(writer, reader, ids),
        keys=SqliteKeys(writer, reader, ids),
        audit=SqliteAudit(writer, reader),
        knowledge=SqliteKnowledge(writer, reader, scope, clock),
        answers=SqliteAnswers(writer, reader, clock),
        spend=SqliteSpend(reader, clock),
        standings=SqliteStandings(reader, clock),
        findings=SqliteFindings(writer, reader, clock),
        hours=SqliteHours(writer, reader, clock),
        alerts=SqliteAlerts(writer, reader, clock),
        orders=SqliteOrders(writer, reader, clock),
        members=SqliteMembers(writer, reader),
        records=SqliteRecords(writer, reader),
        hearing=SqliteHearing(reader, clock),
    )
