"""Records of checks and drills on SQLite."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mainstay.domain.record import KEPT, Record, RecordKind
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "readiness")


class SqliteRecords:
    """Keeps the newest of each kind."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def add(self, record: Record) -> None:
        """Keep a record."""

        def work(unit: Unit) -> None:
            unit.execute(SQL["add_record"], asdict(record))
            unit.execute(SQL["forget_records"], {"kind": record.kind, "kept": KEPT})

        await self._writer.run(work)

    async def newest(self, kind: RecordKind, limit: int) -> Sequence[Record]:
        """Return records of a kind, newest first."""
        where = {"kind": kind, "limit": limit}
        rows = self._reader.rows(SQL["newest"], where)
        return [_record(*row) for row in rows]


def _record(*row: Any) -> Record:
    id_, kind, name, passed, at_ms, text = row
    return Record(id_, kind, name, bool(passed), at_ms, text)
