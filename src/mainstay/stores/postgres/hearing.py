"""What customers lived through, on PostgreSQL."""

from collections.abc import Sequence

from mainstay.ports.hearing import Heard
from mainstay.stores.codec import id_floor
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "readiness")


class PostgresHearing:
    """Reads turns by the time of their accept."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def now_ms(self) -> int:
        """Return the store's time."""
        return (await self._reader.row(SQL["now"]))[0]

    async def since(self, at_ms: int, limit: int) -> Sequence[Heard]:
        """Return turns accepted at or after a time, oldest first."""
        floor = id_floor("turn", at_ms)
        rows = await self._reader.rows(SQL["since"], floor, at_ms, limit)
        return [Heard(*row) for row in rows]
