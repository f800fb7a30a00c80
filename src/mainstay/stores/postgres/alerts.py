"""Alerts on PostgreSQL: who watches, its memory, silences, and where metrics are."""

from collections.abc import Sequence

from mainstay.ports.alerts import Page, Part, Silence
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "alerts")


class PostgresAlerts:
    """Lets one process watch; implements ``ports.Alerts`` and ``ports.Pages``.

    Each statement may be run again, so the reader runs them.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def watch(
        self, owner: str, for_s: float, *, patient: bool = False
    ) -> int | None:
        """Win or prolong the right to watch; return the epoch, or None."""
        given = (owner, round(for_s * 1000), patient)
        won = await self._reader.row(SQL["watch"], *given)
        return None if won is None else won[0]

    async def remember(self, epoch: int, part: Part, content: bytes) -> bool:
        """Keep what the watcher of an epoch knows; return whether it is the present."""
        kept = await self._reader.row(SQL["remember"], epoch, part, content)
        return kept is not None

    async def recall(self, part: Part) -> bytes:
        """Return what was kept last."""
        row = await self._reader.row(SQL["recall"], part)
        return b"" if row is None else bytes(row[0])

    async def silence(self, name: str, for_s: float, reason: str, actor: str) -> int:
        """Silence an alert from now on; return when that ends."""
        given = (name, round(for_s * 1000), reason, actor)
        until_ms: int = (await self._reader.row(SQL["silence"], *given))[0]
        return until_ms

    async def silences(self) -> Sequence[Silence]:
        """Return those that hold now, by name."""
        return [Silence(*row) for row in await self._reader.rows(SQL["silences"])]

    async def publish(self, owner: str, address: str, machine: str = "") -> None:
        """Tell where a process's metrics are."""
        await self._reader.row(SQL["publish"], owner, address, machine)

    async def pages(self) -> Sequence[Page]:
        """Return the pages of processes that are known."""
        return [Page(*row) for row in await self._reader.rows(SQL["pages"])]
