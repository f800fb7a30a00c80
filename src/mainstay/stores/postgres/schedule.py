"""Which conversations are due, on PostgreSQL."""

from collections.abc import Sequence

from mainstay.ports.queue import QueueStats
from mainstay.stores.postgres.horizon import Horizon
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "schedule")


class PostgresSchedule:
    """Due conversations: owned by the AI, with work, free and not hidden."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._horizon = Horizon(reader, SQL["oldest"])

    async def take(self, limit: int, hide_ms: int, *, due_for_ms: int = 0) -> list[str]:
        """Return due conversation ids and hide them; writes only if there are any."""
        since_ms = await self._horizon.since_ms()
        if await self._reader.row(SQL["any_due"], due_for_ms, since_ms) is None:
            return []
        due = (limit, hide_ms, due_for_ms, since_ms)
        rows = await self._reader.rows(SQL["take"], *due)
        return [row[0] for row in rows]

    async def give_back(self, conversation_ids: Sequence[str], delay_ms: int) -> None:
        """Show hidden conversations again after a delay."""
        await self._reader.row(SQL["give_back"], list(conversation_ids), delay_ms)

    async def stats(self) -> QueueStats:
        """Return exact depth and age."""
        since_ms = await self._horizon.since_ms()
        row = await self._reader.row(SQL["stats"], since_ms)
        ready, in_flight, delayed, dead, age_ms = row
        age_s = float(age_ms) / 1000
        return QueueStats(ready, in_flight, delayed, dead, age_s, exact=True)
