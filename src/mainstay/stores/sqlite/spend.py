"""What was spent, on SQLite: sums that the ends of attempts add to."""

import sqlite3
from typing import Any

from mainstay.domain.spend import DAY_MS, Amount, date_of
from mainstay.ports.clock import Clock
from mainstay.ports.spend import DaySpend
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.statements import load

SQL = load("sqlite", "spend")


def count(unit: Unit, conversation_id: str, spent: Amount) -> None:
    """Add to the sums of conversation, customer and day; a turn may cost nothing."""
    if not spent:
        return
    row: dict[str, Any] = {"conversation_id": conversation_id}
    row |= {"tokens": spent.tokens, "usd": spent.usd}
    unit.execute(SQL["count_here"], row)
    unit.execute(SQL["count"], row | {"day": unit.now_ms // DAY_MS})


def forget_days(unit: Unit) -> None:
    """Drop the sums of days before yesterday, a bounded number at once."""
    unit.execute(SQL["forget"], {"day": unit.now_ms // DAY_MS})


class SqliteSpend:
    """Reads the sums."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def today(self, limit: int) -> DaySpend:
        """Return this UTC day, with ``limit`` customers at most."""
        where = {"day": self._clock.now_ms() // DAY_MS, "limit": limit}
        total, biggest = await self._reader.run(lambda db: _sums(db, where))
        return DaySpend(
            date_of(where["day"]),
            Amount(*total) if total else Amount(),
            {customer: Amount(tokens, usd) for customer, tokens, usd in biggest},
        )


def _sums(db: sqlite3.Connection, where: dict[str, int]) -> tuple[Any, list[Any]]:
    total = db.execute(SQL["total"], where).fetchone()
    return total, db.execute(SQL["biggest"], where).fetchall()
