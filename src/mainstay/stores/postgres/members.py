"""The processes of a deployment on PostgreSQL: who serves what, and where."""

from collections.abc import Sequence

from mainstay.ports.members import Member
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.statements import load

SQL = load("postgres", "readiness")


class PostgresMembers:
    """Reads who is known, beside the leases, which make them known."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def all(self) -> Sequence[Member]:
        """Return every process known."""
        return [Member(*row) for row in await self._reader.rows(SQL["members"])]

    async def answer(self, call: str, owner: str) -> None:
        """Say that a process heard a call."""
        await self._reader.row(SQL["forget_calls"])
        await self._reader.row(SQL["answer"], call, owner)

    async def answered(self, call: str) -> str | None:
        """Return who answered a call first."""
        row = await self._reader.row(SQL["answered"], call)
        return None if row is None else row[0]
