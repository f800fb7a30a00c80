"""A disturbance of the file for drills: nobody else can write for a while."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.connection import connect


async def disturb(path: Path, for_s: float, clock: Clock) -> None:
    """Hold the write lock for so many seconds; the kernel frees it if this dies.

    Raises:
        StoreUnavailable: the lock cannot be had.
    """
    try:
        with closing(connect(path, busy_timeout_s=for_s)) as connection:
            await asyncio.to_thread(connection.execute, "BEGIN IMMEDIATE")
            try:
                await clock.sleep(for_s)
            finally:
                connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StoreUnavailable(str(error)) from error
