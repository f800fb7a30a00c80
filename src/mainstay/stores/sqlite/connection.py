"""Opens connections to the store's file with the pragmas that its promises need."""

import sqlite3
from pathlib import Path

WRITE_LOCK_BYTE = 120
"""Of the ``-shm`` file: held by whoever writes in WAL mode
(https://www.sqlite.org/walformat.html#wal_locks)."""

LOG_BYTES = 64_000_000
"""Up to this size the write-ahead log waits to be moved into the database. SQLite cuts
the file back to it when it begins anew, so that a larger file means unmoved pages."""


def connect(
    path: Path, *, busy_timeout_s: float, read_only: bool = False
) -> sqlite3.Connection:
    """Open the file.

    WAL lets readers go on beside the writer; synchronous=FULL makes every commit
    survive a power cut (https://www.sqlite.org/pragma.html#pragma_synchronous).

    Args:
        path: the database file.
        busy_timeout_s: seconds to wait for another process's write lock.
        read_only: refuse writes on this connection.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute(f"PRAGMA busy_timeout = {int(busy_timeout_s * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA cache_size = -8192")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
    return connection
