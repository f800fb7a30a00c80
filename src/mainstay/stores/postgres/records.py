"""Records of checks and drills on PostgreSQL."""

from collections.abc import Sequence

from mainstay.domain.record import KEPT, Record, RecordKind
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "readiness")


class PostgresRecords:
    """Keeps the newest of each kind; what is added may be added twice."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def add(self, record: Record) -> None:
        """Keep a record."""
        r = record
        row = (r.kind, r.id, r.name, r.passed, r.at_ms, r.text)
        await self._reader.row(SQL["add_record"], *row)
        await self._reader.row(SQL["forget_records"], record.kind, KEPT)

    async def newest(self, kind: RecordKind, limit: int) -> Sequence[Record]:
        """Return records of a kind, newest first."""
        rows = await self._reader.rows(SQL["newest"], kind, limit)
        return [Record(*row) for row in rows]
