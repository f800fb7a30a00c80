"""How the store stands, on SQLite."""

from mainstay.ports.clock import Clock
from mainstay.ports.journal import DOUBT
from mainstay.ports.standing import MOST_COUNTED, Standing
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.statements import load

SQL = load("sqlite", "standing")


class SqliteStandings:
    """Counts what waits for a human."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def look(self) -> Standing:
        """Return the figures of now."""
        row = {"doubt": DOUBT, "most": MOST_COUNTED}
        found = await self._reader.run(
            lambda db: db.execute(SQL["look"], row).fetchone()
        )
        count, oldest_ms, in_doubt = found
        age_ms = 0 if oldest_ms is None else max(0, self._clock.now_ms() - oldest_ms)
        return Standing(count, age_ms / 1000, in_doubt)
