"""Which conversations are due, on SQLite."""

from collections.abc import Sequence

from mainstay.ports.clock import Clock
from mainstay.ports.queue import QueueStats
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "schedule")


class SqliteSchedule:
    """Due conversations: owned by the AI, with work, free and not hidden."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def take(self, limit: int, hide_ms: int, *, due_for_ms: int = 0) -> list[str]:
        """Return due conversation ids and hide them; writes only if there are any."""
        now = {"now_ms": self._clock.now_ms(), "due_for_ms": due_for_ms}
        if self._reader.row(SQL["any_due"], now) is None:
            return []

        def work(unit: Unit) -> list[str]:
            row = {"now_ms": unit.now_ms, "hide_ms": hide_ms, "limit": limit}
            row |= {"due_for_ms": due_for_ms}
            return [r[0] for r in unit.execute(SQL["take"], row).fetchall()]

        return await self._writer.run(work)

    async def give_back(self, conversation_ids: Sequence[str], delay_ms: int) -> None:
        """Show hidden conversations again after a delay."""

        def work(unit: Unit) -> None:
            for id_ in sorted(conversation_ids):
                row = {
                    "conversation_id": id_,
                    "now_ms": unit.now_ms,
                    "delay_ms": delay_ms,
                }
                unit.execute(SQL["give_back"], row)

        await self._writer.run(work)

    async def stats(self) -> QueueStats:
        """Return exact depth and age."""
        now_ms = self._clock.now_ms()
        row = await self._reader.run(
            lambda db: db.execute(SQL["stats"], {"now_ms": now_ms}).fetchone()
        )
        ready, in_flight, delayed, oldest, dead = row
        age_s = 0.0 if oldest is None else max(0, now_ms - oldest) / 1000
        return QueueStats(ready, in_flight, delayed, dead, age_s, exact=True)
