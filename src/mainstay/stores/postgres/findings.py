"""What one process found out for all, on PostgreSQL."""

from mainstay.ports.findings import Finding, Found
from mainstay.stores.codec import dumps
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.rows import found_of
from mainstay.stores.statements import load

SQL = load("postgres", "findings")


class PostgresFindings:
    """The newest finding of each name."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def latest(self, name: str) -> Found | None:
        """Return the newest finding, None when there never was one."""
        row = await self._reader.row(SQL["latest"], name)
        return None if row is None else found_of(tuple(row))

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Keep a finding in place of the one before."""
        figures = dumps(finding.figures)
        told = (name, owner, finding.ok, finding.detail, figures)
        await self._reader.row(SQL["tell"], *told)
