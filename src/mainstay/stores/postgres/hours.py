"""Sums over turns, on PostgreSQL."""

from collections.abc import Sequence

from mainstay.domain.hour import HourSums
from mainstay.domain.turn_sums import TurnSums, sums_of
from mainstay.stores.hour_rows import hour_of, row_of_hour, span_of_turns
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "hours")


class PostgresHours:
    """Counts turns, and keeps what was counted by the hour."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def sums(self, since_ms: int, until_ms: int, limit: int) -> TurnSums:
        """Return the sums over the turns of a span, the newest ``limit``."""
        first, last = span_of_turns(since_ms, until_ms)
        span = (first, last, since_ms, until_ms, limit)
        rows = await self._reader.rows(SQL["sums"], *span)
        return sums_of(tuple(row) for row in rows)

    async def newest(self) -> HourSums | None:
        """Return the newest hour that is kept, None when there is none."""
        row = await self._reader.row(SQL["newest"])
        return None if row is None else hour_of(tuple(row))

    async def read(self, hours: Sequence[int]) -> list[HourSums]:
        """Return those of these hours that are kept, in falling order."""
        rows = await self._reader.rows(SQL["read"], list(hours))
        return [hour_of(tuple(row)) for row in rows]

    async def write(self, sums: HourSums, was_until_ms: int) -> bool:
        """Keep an hour, if it was counted up to then before."""
        row = (*row_of_hour(sums), was_until_ms)
        return await self._reader.row(SQL["write"], *row) is not None
