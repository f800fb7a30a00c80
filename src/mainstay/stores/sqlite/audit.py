"""Walks the audit's hash chain."""

import sqlite3
from collections.abc import Mapping

from mainstay.ports.audit import AuditVerdict, Rest
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit, link
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "audit")

PAGE = 1000


class SqliteAudit:
    """Writes to the chain, and verifies it page by page: memory stays constant."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def note(
        self, actor: str, action: str, subject: str, detail: Mapping[str, str]
    ) -> None:
        """Write an entry about what happens outside the store."""

        def work(unit: Unit) -> None:
            unit.audit(actor, action, subject, **detail)

        await self._writer.run(work)

    async def verify(self, rest: Rest | None = None) -> AuditVerdict:
        """Walk the whole chain; a gap in the numbers breaks it too."""
        n, before = 0, b"\0" * 32
        while True:
            page = await self._reader.run(lambda db, after=n: _page(db, after))
            for row in page:
                if row[0] != n + 1 or row[6] != link(before, row[:6]):
                    return AuditVerdict(
                        n, intact=False, broken_at=n + 1, head=before.hex()
                    )
                n, before = row[0], row[6]
            if len(page) < PAGE:
                return AuditVerdict(n, intact=True, broken_at=None, head=before.hex())
            if rest is not None:
                await rest()


def _page(
    db: sqlite3.Connection, after: int
) -> list[tuple[int, int, str, str, str, str, bytes]]:
    return db.execute(SQL["page"], {"after": after, "limit": PAGE}).fetchall()
