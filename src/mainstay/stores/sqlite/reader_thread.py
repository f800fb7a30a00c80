"""Reads on the loop for look-ups by key, on one thread for everything longer."""

import asyncio
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mainstay.domain.errors import StoreUnavailable
from mainstay.stores.sqlite.connection import connect
from mainstay.stores.sqlite.reader import Read, T


class ReaderThread:
    """Implements ``Reader``: at hand, or on a thread of its own.

    Args:
        path: the database file.
        busy_timeout_s: seconds to wait for a lock.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._connection = connect(path, busy_timeout_s=busy_timeout_s, read_only=True)
        self._at_hand = connect(path, busy_timeout_s=0, read_only=True)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    def row(self, sql: str, where: Mapping[str, Any]) -> Any:
        """Look something up by key, at once; return its row, or None.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        rows = self.rows(sql, where)
        return rows[0] if rows else None

    def rows(self, sql: str, where: Mapping[str, Any]) -> list[Any]:
        """Look a few rows up by key, at once.

        Raises:
            StoreUnavailable: the store cannot be read now.
        """
        try:
            return self._at_hand.execute(sql, where).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the store cannot be read now: {error}") from error

    async def run(self, read: Read[T]) -> T:
        """Run a longer read on the thread, on one snapshot, and return its result.

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
        self._at_hand.close()

    def _snapshot(self, read: Read[T]) -> T:
        self._connection.execute("BEGIN")
        try:
            return read(self._connection)
        finally:
            self._connection.execute("COMMIT")
