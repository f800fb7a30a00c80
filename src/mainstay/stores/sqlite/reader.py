"""The thread that reads: snapshots that never block, nor wait for, the writer."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from mainstay.domain.errors import StoreUnavailable
from mainstay.stores.sqlite.connection import connect

T = TypeVar("T")
Read = Callable[[sqlite3.Connection], T]


class Reader:
    """Runs reads on a thread of its own; each piece sees one snapshot.

    Args:
        path: the database file.
        busy_timeout_s: seconds to wait for a lock.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._connection = connect(path, busy_timeout_s=busy_timeout_s, read_only=True)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def run(self, read: Read[T]) -> T:
        """Run a read and return its result.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._snapshot, read)
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the store cannot be read now: {error}") from error

    def close(self) -> None:
        """Finish what runs, then close."""
        self._pool.shutdown()
        self._connection.close()

    def _snapshot(self, read: Read[T]) -> T:
        self._connection.execute("BEGIN")
        try:
            return read(self._connection)
        finally:
            self._connection.execute("COMMIT")
