"""The processes of a deployment on SQLite: who serves what, and where."""

from collections.abc import Sequence

from mainstay.ports.members import Member
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "readiness")


class SqliteMembers:
    """Reads who is known, beside the leases, which make them known."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def all(self) -> Sequence[Member]:
        """Return every process known."""
        return [Member(*row) for row in self._reader.rows(SQL["members"], {})]

    async def answer(self, call: str, owner: str) -> None:
        """Say that a process heard a call."""

        def work(unit: Unit) -> None:
            now = {"now_ms": unit.now_ms}
            unit.execute(SQL["forget_calls"], now)
            unit.execute(SQL["answer"], now | {"call": call, "owner": owner})

        await self._writer.run(work)

    async def answered(self, call: str) -> str | None:
        """Return who answered a call first."""
        row = self._reader.row(SQL["answered"], {"call": call})
        return None if row is None else row[0]
