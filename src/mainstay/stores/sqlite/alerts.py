"""Alerts on SQLite: who watches, its memory, silences, and where metrics are."""

from collections.abc import Sequence
from typing import Any

from mainstay.ports.alerts import Page, Part, Silence
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "alerts")


class SqliteAlerts:
    """Lets one process watch; implements ``ports.Alerts`` and ``ports.Pages``."""

    def __init__(self, writer: Writer, reader: Reader, clock: Clock) -> None:
        self._writer = writer
        self._reader = reader
        self._clock = clock

    async def watch(
        self, owner: str, for_s: float, *, patient: bool = False
    ) -> int | None:
        """Win or prolong the right to watch; return the epoch, or None."""
        row = {"owner": owner, "for_ms": round(for_s * 1000), "patient": patient}
        won = await self._writer.run(lambda unit: _timed(unit, SQL["watch"], row))
        return None if won is None else won[0]

    async def remember(self, epoch: int, part: Part, content: bytes) -> bool:
        """Keep what the watcher of an epoch knows; return whether it is the present."""
        row = {"epoch": epoch, "part": part, "content": content}
        kept = await self._writer.run(lambda unit: unit.row(SQL["remember"], row))
        return kept is not None

    async def recall(self, part: Part) -> bytes:
        """Return what was kept last."""
        row = self._reader.row(SQL["recall"], {"part": part})
        return b"" if row is None else bytes(row[0])

    async def silence(self, name: str, for_s: float, reason: str, actor: str) -> int:
        """Silence an alert from now on; return when that ends."""
        row: dict[str, Any] = {"name": name, "for_ms": round(for_s * 1000)}
        row |= {"reason": reason, "actor": actor}

        def work(unit: Unit) -> int:
            _timed(unit, SQL["silence"], row)
            unit.execute(SQL["expire"], {"now_ms": unit.now_ms})
            return unit.now_ms + row["for_ms"]

        return await self._writer.run(work)

    async def silences(self) -> Sequence[Silence]:
        """Return those that hold now, by name."""
        now = {"now_ms": self._clock.now_ms()}
        rows = await self._reader.run(
            lambda db: db.execute(SQL["silences"], now).fetchall()
        )
        return [Silence(*row) for row in rows]

    async def publish(self, owner: str, address: str, machine: str = "") -> None:
        """Tell where a process's metrics are."""
        row = {"owner": owner, "address": address, "machine": machine}

        def work(unit: Unit) -> None:
            _timed(unit, SQL["publish"], row)
            unit.execute(SQL["tidy"], {"now_ms": unit.now_ms})

        await self._writer.run(work)

    async def pages(self) -> Sequence[Page]:
        """Return the pages of processes that are known."""
        rows = await self._reader.run(lambda db: db.execute(SQL["pages"]).fetchall())
        return [Page(*row) for row in rows]


def _timed(unit: Unit, sql: str, row: dict[str, Any]) -> Any:
    """Run a statement at the time of its transaction."""
    return unit.row(sql, row | {"now_ms": unit.now_ms})
