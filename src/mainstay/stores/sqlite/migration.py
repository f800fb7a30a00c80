"""Runs revisions on the file, each in one transaction under the file's write lock."""

import fcntl
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mainstay.domain.errors import MainstayError
from mainstay.domain.schema import (
    BOTH,
    Migrated,
    OldProcesses,
    Phase,
    Process,
    SchemaStatus,
)
from mainstay.stores.migration.check import newest, of_before, process_of
from mainstay.stores.migration.record import applied, record
from mainstay.stores.migration.revision import (
    Revision,
    due,
    load,
    pending,
    split,
    upgrade,
)
from mainstay.stores.sqlite import revisions
from mainstay.stores.sqlite.connection import connect

if TYPE_CHECKING:
    from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"
BUSY_S = 30.0
"""How long to wait for the write lock: accepts have it for milliseconds."""


def _nobody(_lock_path: str) -> bool:
    """Take everyone who is enlisted for alive."""
    return False


class Migration:
    """Upgrades one file; two at once take turns.

    Args:
        path: the database file; its folder is made.
        is_dead: tells from a process's lock file that it is gone.
        tell: takes a line about each thing that was done.
        folder: the revisions.
    """

    def __init__(
        self,
        path: Path,
        *,
        is_dead: Callable[[str], bool] = _nobody,
        tell: Callable[[str], None] = lambda _: None,
        folder: Path = FOLDER,
    ) -> None:
        self._path = path
        self._is_dead = is_dead
        self._tell = tell
        self._folder = folder

    def run(self, phases: Sequence[Phase] = BOTH) -> Migrated:
        """Run phases, in turn.

        Raises:
            OldProcesses: a revision must wait for them.
            MainstayError: the file cannot be used.
        """
        with self._turn():
            before = newest(revisions.applied(self._path))
            told = Migrated(before, before)
            with _opened(self._path) as connection:
                for phase in phases:
                    self._run(phase, connection, told)
        return told

    def status(self) -> SchemaStatus:
        """Tell where the file stands, and change nothing.

        Raises:
            MainstayError: the file cannot be used.
        """
        found, known = revisions.applied(self._path), load(self._folder)
        pre, post = split(pending(known, found))
        head = known[-1].number
        return SchemaStatus(
            current=newest(found),
            head=head,
            pre=[str(revision) for revision in pre],
            post=[str(revision) for revision in post],
            old=of_before(self._living(), head) if found else [],
        )

    @contextmanager
    def _turn(self) -> Generator[None]:
        """Wait until no other migration of the file runs."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _run(self, phase: Phase, connection: "Connection", told: Migrated) -> None:
        known = load(self._folder)
        with _transaction(connection):
            lacking = due(phase, known, applied(connection))
        if phase == "post":
            self._refuse(connection, "post", known[-1].number)
        for revision in lacking:
            self._apply(connection, revision)
            told.done.append(str(revision))
            told.after = revision.number

    def _apply(self, connection: "Connection", revision: Revision) -> None:
        with _transaction(connection):
            if revision.phase == "post":
                self._refuse(connection, str(revision), revision.number)
            upgrade(connection, revision)
            record(connection, revision)
        self._tell(f"{revision.phase}: {revision}")

    def _refuse(self, connection: "Connection", what: str, number: str) -> None:
        """Raise if a living process does not know a revision."""
        rows = connection.exec_driver_sql("SELECT * FROM processes").mappings()
        if old := of_before(self._of(rows), number):
            raise OldProcesses(what, old)

    def _living(self) -> list[Process]:
        connection = sqlite3.connect(self._path)
        connection.row_factory = sqlite3.Row
        try:
            rows = connection.execute("SELECT * FROM processes").fetchall()
        finally:
            connection.close()
        return self._of([dict(row) for row in rows])

    def _of(self, rows: Any) -> list[Process]:
        return [process_of(row) for row in rows if not self._is_dead(row["lock_path"])]


@contextmanager
def _opened(path: Path) -> Generator["Connection"]:
    """Give Alembic a connection whose transactions are begun by hand.

    The driver's own begin only before INSERT, UPDATE and DELETE: a revision that breaks
    would leave half its tables.

    Raises:
        MainstayError: the write lock could not be had, or the disk is full.
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, busy_timeout_s=BUSY_S),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        message = (
            f"{path} cannot be changed: {error.orig}; see to it, then run it again"
        )
        raise MainstayError(message) from error


@contextmanager
def _transaction(connection: "Connection") -> Generator[None]:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
