"""Records of checks and drills, kept in the store."""

from collections.abc import Sequence
from typing import Protocol

from mainstay.domain.record import Record, RecordKind


class Records(Protocol):
    """Dated findings; the store keeps the newest 500 of each kind."""

    async def add(self, record: Record) -> None:
        """Keep a record; one with the same identity stays as it is."""
        ...

    async def newest(self, kind: RecordKind, limit: int) -> Sequence[Record]:
        """Return records of a kind, newest first."""
        ...
