"""What customers lived through, on SQLite."""

from collections.abc import Sequence

from mainstay.ports.clock import Clock
from mainstay.ports.hearing import Heard
from mainstay.stores.codec import id_floor
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.statements import load

SQL = load("sqlite", "readiness")


class SqliteHearing:
    """Reads turns by the time of their accept."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def now_ms(self) -> int:
        """Return the store's time."""
        return self._clock.now_ms()

    async def since(self, at_ms: int, limit: int) -> Sequence[Heard]:
        """Return turns accepted at or after a time, oldest first."""
        where = {"floor": id_floor("turn", at_ms), "at_ms": at_ms, "limit": limit}
        rows = await self._reader.run(
            lambda db: db.execute(SQL["since"], where).fetchall()
        )
        return [Heard(row[0], row[1], row[2], bool(row[3])) for row in rows]
