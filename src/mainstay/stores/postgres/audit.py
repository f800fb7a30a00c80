"""Walks the audit's hash chains."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.ports.audit import AuditVerdict, Rest
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.statements import load

SQL = load("postgres", "audit")

PAGE = 1000
ROOT = bytes(32)


class PostgresAudit:
    """Writes to a chain, and verifies all, page by page: memory stays constant.

    The verdict's ``head`` is a hash over the last entry of each chain, in their order.
    """

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def note(
        self, actor: str, action: str, subject: str, detail: Mapping[str, str]
    ) -> None:
        """Write an entry about what happens outside the store."""
        told = {"actor": actor, "action": action, "subject": subject}
        await self._writer.run(Piece("note", told | {"detail": dict(detail)}))

    async def verify(self, rest: Rest | None = None) -> AuditVerdict:
        """Walk all chains; a gap in the numbers breaks one too."""
        heads, entries = hashlib.sha256(), 0
        chain, n, before = "", 0, ROOT
        while True:
            page = await self._reader.rows(SQL["page"], chain, n, PAGE)
            for row in page:
                if row[0] != chain:
                    heads.update(before)
                    chain, n, before = row[0], 0, ROOT
                if row[1] != n + 1 or row[7] != link(before, row[:7]):
                    return AuditVerdict(
                        entries, intact=False, broken_at=n + 1, head=before.hex()
                    )
                n, before, entries = row[1], row[7], entries + 1
            if len(page) < PAGE:
                heads.update(before)
                head = heads.hexdigest()
                return AuditVerdict(entries, intact=True, broken_at=None, head=head)
            if rest is not None:
                await rest()


def link(before: bytes, row: Sequence[Any]) -> bytes:
    """Return the chain's hash of a row, given the hash before it."""
    told = json.dumps(list(row), ensure_ascii=False)
    return hashlib.sha256(before + told.encode()).digest()
