"""What was spent, on PostgreSQL: sums that the ends of attempts add to."""

from mainstay.domain.spend import Amount, date_of
from mainstay.ports.spend import DaySpend
from mainstay.stores.codec import loads
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "spend")


class PostgresSpend:
    """Reads the sums."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def today(self, limit: int) -> DaySpend:
        """Return this UTC day, with ``limit`` customers at most."""
        day, total, biggest = await self._reader.row(SQL["today"], limit)
        return DaySpend(
            date_of(day),
            Amount(*loads(total)),
            {customer: Amount(tokens, usd) for customer, tokens, usd in loads(biggest)},
        )
