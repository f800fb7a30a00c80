"""Reads: any connection of a bounded pool; a read that met an outage is made again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.postgres.connection import Address, connect, is_away, translated
from mainstay.stores.postgres.driver import Connection, Pool, asyncpg

T = TypeVar("T")
RETRY_S = 0.1


@dataclass(slots=True)
class Reader:
    """Runs statements that may be run again: reads, and idempotent updates.

    Args:
        address: the database.
        clock: for waiting.
        size: connections at most.
    """

    address: Address
    clock: Clock
    size: int
    _pool: Pool | None = None

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """Return the rows of a statement.

        Raises:
            StoreUnavailable: the database does not answer in time.
        """

        async def fetch(connection: Connection) -> list[Any]:
            return await connection.fetch(sql, *values)

        return await self._run(fetch)

    async def row(self, sql: str, *values: object) -> Any:
        """Return the first row of a statement, or None.

        Raises:
            StoreUnavailable: the database does not answer in time.
        """

        async def fetch(connection: Connection) -> Any:
            return await connection.fetchrow(sql, *values)

        return await self._run(fetch)

    async def start(self) -> None:
        """Make the pool; connections come when they are needed."""
        self._pool = await _pool(self.address, self.size)

    async def stop(self) -> None:
        """Close every connection; may be repeated."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        until_s = self.clock.monotonic_s() + self.address.timeout_s
        while True:
            try:
                return await self._once(work)
            except Exception as error:
                closed = self._pool is None
                late = self.clock.monotonic_s() + RETRY_S > until_s
                if closed or late or not is_away(error):
                    raise translated(error) from error
            await self.clock.sleep(RETRY_S)

    async def _once(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        if self._pool is None:
            raise StoreUnavailable("the store is closed")
        timeout_s = self.address.timeout_s
        async with self._pool.acquire(timeout=timeout_s) as connection:
            return await work(connection)


async def _pool(address: Address, size: int) -> Pool:
    async def connection(*_: object, **options: Any) -> Any:
        return await connect(address, **options)

    async def leave(_: object) -> None:
        """Skip the driver's clean-up, a round trip: nothing here changes a session."""

    pool: Pool = await asyncpg().create_pool(
        init_size=0, min_size=0, max_size=size, connect=connection, reset=leave
    )
    return pool
