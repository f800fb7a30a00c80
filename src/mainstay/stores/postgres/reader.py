"""Reads: any connection of a bounded pool; a read that met an outage is made again.

A session that does not answer in time may be half-open, and then so may all that were
opened before: the whole pool is made anew, so that one read finds out and not each.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.postgres.connection import (
    SERVER_FIRST_S,
    Address,
    connect,
    is_away,
    translated,
    was_undone,
)
from mainstay.stores.postgres.driver import Connection, Pool, asyncpg, errors

T = TypeVar("T")
Work = Callable[[Connection, float], Awaitable[T]]
RETRY_S = 0.1


@dataclass(slots=True)
class Reader:
    """Runs statements that may be run again: reads, and idempotent updates.

    Args:
        address: the database.
        clock: for waiting.
        size: connections at most.
        waited: takes how long each statement waited for one, in seconds.
        silent: told that sessions may be half-open, when one was.
    """

    address: Address
    clock: Clock
    size: int
    waited: Callable[[float], None] = lambda _: None
    silent: Callable[[], None] = lambda: None
    _pool: Pool | None = None

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """Return the rows of a statement.

        Raises:
            StoreUnavailable: the database does not answer in time.
        """

        async def fetch(connection: Connection, within_s: float) -> list[Any]:
            return await connection.fetch(sql, *values, timeout=within_s)

        return await self._run(fetch)

    async def row(self, sql: str, *values: object) -> Any:
        """Return the first row of a statement, or None.

        Raises:
            StoreUnavailable: the database does not answer in time.
        """

        async def fetch(connection: Connection, within_s: float) -> Any:
            return await connection.fetchrow(sql, *values, timeout=within_s)

        return await self._run(fetch)

    async def start(self) -> None:
        """Make the pool; connections come when they are needed."""
        self._pool = await _pool(self.address, self.size)

    async def stop(self) -> None:
        """Close every connection; may be repeated."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def _run(self, work: Work[T]) -> T:
        until_s = self.clock.monotonic_s() + self.address.timeout_s
        while True:
            try:
                return await self._once(work, until_s)
            except Exception as error:
                closed = self._pool is None
                late = self.clock.monotonic_s() + RETRY_S > until_s
                if closed or late or not is_away(error):
                    raise translated(error) from error
            await self.clock.sleep(RETRY_S)

    async def _once(self, work: Work[T], until_s: float) -> T:
        pool = self._pool
        if pool is None:
            raise StoreUnavailable("the store is closed")
        asked_s = self.clock.monotonic_s()
        async with pool.acquire(timeout=until_s - asked_s) as connection:
            now_s = self.clock.monotonic_s()
            self.waited(now_s - asked_s)
            left_s = until_s - now_s
            try:
                answer = await work(connection, left_s + SERVER_FIRST_S)
            except BaseException as error:
                if not was_undone(error):
                    # Given back, it would be cleaned up, which may take as long again.
                    _give_up(connection)
                if isinstance(error, TimeoutError):
                    await self._distrust(pool)
                raise
            if pool is not self._pool:
                # It came while its pool was given up: nobody else would close it.
                _give_up(connection)
            return answer

    async def _distrust(self, pool: Pool) -> None:
        """Go on with new sessions; reads on the old ones are made again."""
        fresh = await _pool(self.address, self.size)
        if self._pool is pool:
            self._pool = fresh
            pool.terminate()
            self.silent()


def _give_up(connection: Connection) -> None:
    """End a session, unless its pool has done so."""
    with suppress(*errors("InterfaceError")):
        connection.terminate()


async def _pool(address: Address, size: int) -> Pool:
    async def connection(*_: object, **options: Any) -> Any:
        return await connect(address, **options)

    async def leave(_: object) -> None:
        """Skip the driver's clean-up, a round trip: nothing here changes a session."""

    pool: Pool = await asyncpg().create_pool(
        init_size=0, min_size=0, max_size=size, connect=connection, reset=leave
    )
    return pool
