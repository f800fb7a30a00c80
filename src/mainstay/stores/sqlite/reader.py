"""What the store's ports read through: snapshots that never block the writer.

A look-up by key takes less time than the hop to another thread and is made on the event
loop itself; whatever walks many rows goes to a thread.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Read = Callable[[sqlite3.Connection], T]


class Reader(Protocol):
    """Reads at hand, or beside the loop."""

    def row(self, sql: str, where: Mapping[str, Any]) -> Any:
        """Look something up by key, at once; return its row, or None.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        ...

    def rows(self, sql: str, where: Mapping[str, Any]) -> list[Any]:
        """Look a few rows up by key, at once.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        ...

    async def run(self, read: Read[T]) -> T:
        """Run a longer read beside the loop, on one snapshot, and return its result.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        ...

    def close(self) -> None:
        """Finish what runs, then close."""
        ...
