"""Sums over turns, on SQLite."""

from collections.abc import Sequence
from typing import Any

from mainstay.domain.hour import HourSums
from mainstay.domain.turn_sums import TurnSums, sums_of
from mainstay.ports.clock import Clock
from mainstay.stores.codec import dumps
from mainstay.stores.hour_rows import hour_of, row_of_hour, span_of_turns
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "hours")


class SqliteHours:
    """Counts turns, and keeps what was counted by the hour."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def sums(self, since_ms: int, until_ms: int, limit: int) -> TurnSums:
        """Return the sums over the turns of a span, the newest ``limit``."""
        first, last = span_of_turns(since_ms, until_ms)
        where: dict[str, Any] = {"first": first, "last": last, "limit": limit}
        where |= {"since_ms": since_ms, "until_ms": until_ms}
        where |= {"now_ms": self._clock.now_ms()}
        rows = await self._reader.run(
            lambda db: db.execute(SQL["sums"], where).fetchall()
        )
        return sums_of(rows)

    async def newest(self) -> HourSums | None:
        """Return the newest hour that is kept, None when there is none."""
        row = self._reader.row(SQL["newest"], {})
        return None if row is None else hour_of(row)

    async def read(self, hours: Sequence[int]) -> list[HourSums]:
        """Return those of these hours that are kept, in falling order."""
        rows = self._reader.rows(SQL["read"], {"hours": dumps(list(hours))})
        return [hour_of(row) for row in rows]

    async def write(self, sums: HourSums, was_until_ms: int) -> bool:
        """Keep an hour, if it was counted up to then before."""
        names = ("hour", "until_ms", "turns", "failed", "levels", "waits", "usd")
        row: dict[str, Any] = dict(zip(names, row_of_hour(sums), strict=True))

        def work(unit: Unit) -> bool:
            kept = unit.row(SQL["write"], row | {"was_until_ms": was_until_ms})
            unit.execute(SQL["forget"], {"hour": sums.hour})
            return kept is not None

        return await self._writer.run(work)
