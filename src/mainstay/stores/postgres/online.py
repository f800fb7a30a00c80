"""Changes beside traffic: short waits for locks, and one migration at a time.

Who comes after a statement that waits for a strong lock queues behind it, though it has
nothing yet: so it waits a moment, gives way, and tries again
(https://www.postgresql.org/docs/current/explicit-locking.html).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mainstay.domain.errors import MainstayError
from mainstay.ports.clock import Clock
from mainstay.stores.postgres.connection import Address, translated
from mainstay.stores.postgres.driver import asyncpg
from mainstay.stores.postgres.index_progress import reported

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

Tell = Callable[[str], None]

LOCK_MS = 250
"""As long may traffic stand still behind a change that waits for its lock."""

TRIES = 60
PAUSE_S = 1.0
"""Between two tries: what has queued must get through."""

_LOST = {"55P03", "40P01"}
"""A lock that could not be had; a deadlock."""

_TURN = "SELECT pg_try_advisory_lock(hashtextextended('mainstay', 0))"
_OLDEST = """
SELECT format('process %s of the server (%s, %s) has had a transaction open for %s s',
              pid, application_name, state, extract(epoch FROM now() - xact_start)::int)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND xact_start < now() - interval '1 second'
ORDER BY xact_start LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Online:
    """A session that changes the schema.

    Args:
        connection: it.
        address: the same database.
        clock: for pauses.
        tell: takes a line about each thing that takes time.
    """

    connection: "AsyncConnection"
    address: Address
    clock: Clock
    tell: Tell

    async def take_turn(self) -> None:
        """Return when no other session migrates; the lock ends with this session.

        Asked for again and again: one that waits for it inside a statement would have a
        snapshot, for which the other one's CREATE INDEX CONCURRENTLY waits.
        """
        told = False
        while not await self._asked(_TURN):
            if not told:
                self.tell("another migration runs; waiting for it")
            told = True
            await self.clock.sleep(PAUSE_S)

    async def change(self, what: str, work: "Callable[[Connection], Any]") -> Any:
        """Run work in a transaction that gives way where it meets a lock.

        Args:
            what: its name, for the lines.
            work: all that the transaction does; it may run several times.

        Raises:
            MainstayError: the lock could not be had in a minute.
        """
        for n in range(1, TRIES + 1):
            blocker = await self._tried(work)
            if not isinstance(blocker, _Blocked):
                return blocker
            told = f"{what}: no lock within {LOCK_MS} ms, try {n} of {TRIES}"
            oldest = await self._asked(_OLDEST)
            self.tell(f"{told}; {oldest}" if oldest else told)
            await self.clock.sleep(PAUSE_S)
        raise MainstayError(
            f"{what}: the lock could not be had; end the transaction that holds it "
            "(pg_stat_activity), then run it again"
        )

    async def apart(self, work: "Callable[[Connection], Any]") -> None:
        """Run work without a transaction, for as long as it takes."""
        connection = self.connection
        pid = await self._asked("SELECT pg_backend_pid()")
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("SET lock_timeout = 0")
        async with reported(self.address, pid, self.clock, self.tell):
            await connection.run_sync(work)
        await connection.commit()
        await connection.execution_options(isolation_level="READ COMMITTED")

    async def _tried(self, work: "Callable[[Connection], Any]") -> Any:
        from sqlalchemy.exc import DBAPIError

        try:
            async with self.connection.begin():
                lock = f"SET LOCAL lock_timeout = {LOCK_MS}"
                await self.connection.exec_driver_sql(lock)
                return await self.connection.run_sync(work)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _LOST:
                return _Blocked()
            raise

    async def _asked(self, query: str) -> Any:
        async with self.connection.begin():
            return (await self.connection.exec_driver_sql(query)).scalar()


class _Blocked:
    """Somebody else has the lock."""


@asynccontextmanager
async def opened(address: Address) -> AsyncGenerator["AsyncConnection"]:
    """Open a session for changes: no statement of it has a limit of time.

    Raises:
        StoreUnavailable: the database cannot be reached, or went away.
    """
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=_creator(address), poolclass=NullPool
    )
    try:
        async with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        cause = getattr(error.orig, "__cause__", None)
        raise translated(cause if isinstance(cause, Exception) else error) from error


def _creator(address: Address) -> Callable[[], Awaitable[Any]]:
    there = replace(address, search_path="mainstay")
    options = there.options(there.present())
    options["command_timeout"] = None
    options["server_settings"] |= {"statement_timeout": "0"}

    async def create() -> Any:
        try:
            return await asyncpg().connect(**options)
        except Exception as error:
            raise translated(error) from error

    return create
