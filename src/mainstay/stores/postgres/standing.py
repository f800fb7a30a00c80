"""How the store stands, on PostgreSQL."""

from mainstay.ports.journal import DOUBT
from mainstay.ports.standing import MOST_COUNTED, Standing
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "standing")


class PostgresStandings:
    """Counts what waits for a human."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def look(self) -> Standing:
        """Return the figures of now."""
        row = await self._reader.row(SQL["look"], DOUBT, MOST_COUNTED)
        count, age_ms, in_doubt = row
        return Standing(count, float(age_ms) / 1000, in_doubt)
