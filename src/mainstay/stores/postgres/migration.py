"""Runs revisions on the database, and keeps the sets of functions."""

from collections.abc import Iterable, Sequence
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
from mainstay.domain.version import VERSION
from mainstay.ports.clock import Clock
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
from mainstay.stores.postgres.connection import Address, session
from mainstay.stores.postgres.functions import create_functions
from mainstay.stores.postgres.online import Online, Tell, opened
from mainstay.stores.postgres.revisions import FUNCTIONS, has_functions, recorded
from mainstay.stores.statements import load as statements

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mainstay.stores.postgres.driver import Connection as Session

FOLDER = Path(__file__).parent / "migrations"
FREE_LOCKS = statements("postgres", "leases")["free_locks"]
LIVES = "SELECT * FROM mainstay.processes"
SETS = "SELECT name FROM mainstay.function_sets ORDER BY name"


class Migration:
    """Upgrades one database; two at once take turns.

    Args:
        address: the database; its user must own the schema.
        clock: for pauses.
        tell: takes a line about each thing that was done, or waits.
        folder: the revisions.
    """

    def __init__(
        self,
        address: Address,
        clock: Clock,
        *,
        tell: Tell = lambda _: None,
        folder: Path = FOLDER,
    ) -> None:
        self._address = address
        self._clock = clock
        self._tell = tell
        self._known = load(folder)
        self._head = self._known[-1].number

    async def run(self, phases: Sequence[Phase] = BOTH) -> Migrated:
        """Run phases, in turn.

        Raises:
            OldProcesses: a revision must wait for them.
            MainstayError: a lock could not be had, or the database does not suit.
            StoreUnavailable: the database cannot be reached.
        """
        async with opened(self._address) as connection:
            online = Online(connection, self._address, self._clock, self._tell)
            await online.take_turn()
            before = newest(await online.change("record", _found))
            told = Migrated(before, before)
            for phase in phases:
                await self._run(phase, online, told)
            return told

    async def status(self) -> SchemaStatus:
        """Tell where the database stands, and change nothing.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        async with session(self._address) as looking:
            found = await recorded(looking)
            pre, post = split(pending(self._known, found))
            made = [] if await has_functions(looking) else [_made(FUNCTIONS)]
            sets = await _sets(looking) if newest(found) else []
            living = await _living(looking) if found else []
        return SchemaStatus(
            current=newest(found),
            head=self._head,
            pre=[*map(str, pre), *made],
            post=[*map(str, post), *(_dropped(name) for name in sets)],
            old=self._others(living),
        )

    async def _run(self, phase: Phase, online: Online, told: Migrated) -> None:
        found = await online.change("record", _found)
        revisions = due(phase, self._known, found)
        if phase == "post":
            await online.change("post", self._refuse_post)
        for revision in revisions:
            await self._apply(online, revision)
            self._say(told, phase, str(revision))
            told.after = revision.number
        work = _create_set if phase == "pre" else self._drop_sets
        for line in await online.change("functions", work):
            self._say(told, phase, line)

    def _say(self, told: Migrated, phase: Phase, line: str) -> None:
        told.done.append(line)
        self._tell(f"{phase}: {line}")

    async def _apply(self, online: Online, revision: Revision) -> None:
        def work(connection: "Connection") -> None:
            if revision.phase == "post":
                old = of_before(_locked(connection), revision.number)
                _refuse(str(revision), old)
            if revision.transactional:
                upgrade(connection, revision)
            record(connection, revision)

        if not revision.transactional:
            await online.apart(lambda connection: upgrade(connection, revision))
        await online.change(str(revision), work)

    def _others(self, processes: Iterable[Process]) -> list[Process]:
        """Return those that are not of this version."""
        return [
            process
            for process in processes
            if process.head < self._head or process.functions != FUNCTIONS
        ]

    def _refuse_post(self, connection: "Connection") -> None:
        _refuse("post", self._others(_locked(connection)))

    def _drop_sets(self, connection: "Connection") -> list[str]:
        """Drop the functions of versions that no process runs."""
        self._refuse_post(connection)
        rows = connection.exec_driver_sql(SETS).scalars().all()
        names = [name for name in rows if name != FUNCTIONS]
        for name in names:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            connection.exec_driver_sql(
                "DELETE FROM function_sets WHERE name = $1", (name,)
            )
        return [_dropped(name) for name in names]


def _found(connection: "Connection") -> Any:
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS mainstay")
    found = applied(connection)
    if not found:
        _check_encoding(connection)
    return found


def _check_encoding(connection: "Connection") -> None:
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise MainstayError(
            f"the database is in {encoding}, which cannot hold all that customers "
            "write; make one with: ENCODING 'UTF8' TEMPLATE template0"
        )


def _create_set(connection: "Connection") -> list[str]:
    """Create this version's functions, if they are not there."""
    name = FUNCTIONS
    there = connection.exec_driver_sql(
        "SELECT 1 FROM pg_namespace WHERE nspname = $1", (name,)
    ).scalar()
    if there:
        return []
    create_functions(connection.exec_driver_sql, name)
    connection.exec_driver_sql(
        "INSERT INTO mainstay.function_sets VALUES ($1, $2) ON CONFLICT DO NOTHING",
        (name, VERSION),
    )
    return [_made(name)]


def _locked(connection: "Connection") -> list[Process]:
    """Return the processes that live; no other comes before the commit."""
    connection.exec_driver_sql("LOCK TABLE mainstay.processes IN SHARE MODE")
    rows = connection.exec_driver_sql(LIVES).mappings().all()
    locks = [row["lock"] for row in rows]
    dead = set(connection.exec_driver_sql(FREE_LOCKS, (locks,)).scalars())
    return [process_of(dict(row)) for row in rows if row["lock"] not in dead]


async def _living(session: "Session") -> list[Process]:
    rows = [dict(row) for row in await session.fetch(LIVES)]
    free = await session.fetch(FREE_LOCKS, [row["lock"] for row in rows])
    dead = {row[0] for row in free}
    return [process_of(dict(row)) for row in rows if row["lock"] not in dead]


async def _sets(session: "Session") -> list[str]:
    """Return the sets that are not this version's."""
    table = "SELECT to_regclass('mainstay.function_sets') IS NOT NULL"
    rows = await session.fetch(SETS) if await session.fetchval(table) else []
    return [row[0] for row in rows if row[0] != FUNCTIONS]


def _refuse(what: str, processes: list[Process]) -> None:
    if processes:
        raise OldProcesses(what, processes)


def _made(name: str) -> str:
    return f"functions {name} made"


def _dropped(name: str) -> str:
    return f"functions {name} dropped"
