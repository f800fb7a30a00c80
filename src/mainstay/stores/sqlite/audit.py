"""Walks the audit's hash chain."""

import sqlite3

from mainstay.ports.audit import AuditVerdict
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import link
from mainstay.stores.statements import load

SQL = load("sqlite", "audit")

PAGE = 1000


class SqliteAudit:
    """Verifies the chain, page by page, so that memory stays constant."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def verify(self) -> AuditVerdict:
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


def _page(
    db: sqlite3.Connection, after: int
) -> list[tuple[int, int, str, str, str, str, bytes]]:
    return db.execute(SQL["page"], {"after": after, "limit": PAGE}).fetchall()
