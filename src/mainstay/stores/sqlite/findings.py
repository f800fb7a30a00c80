"""What one process found out for all, on SQLite."""

from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding, Found
from mainstay.stores.codec import dumps
from mainstay.stores.rows import found_of
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "findings")


class SqliteFindings:
    """The newest finding of each name."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def latest(self, name: str) -> Found | None:
        """Return the newest finding, None when there never was one."""
        row = self._reader.row(SQL["latest"], {"name": name})
        if row is None:
            return None
        *kept, at_ms = row
        return found_of((*kept, self._clock.now_ms() - at_ms))

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Keep a finding in place of the one before."""
        row = {"name": name, "owner": owner, "ok": finding.ok}
        row |= {"detail": finding.detail, "figures": dumps(finding.figures)}

        def work(unit: Unit) -> None:
            unit.execute(SQL["tell"], row | {"now_ms": unit.now_ms})

        await self._writer.run(work)
