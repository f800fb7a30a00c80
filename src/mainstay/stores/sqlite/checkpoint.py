"""Moves the write-ahead log into the database beside the writer.

A checkpoint inside a commit would make that accept wait for a second fsync; a passive
one on a thread of its own does not (https://www.sqlite.org/wal.html#ckpt). Under a load
without pauses a passive one never empties the log, so that past MAX_BYTES the writer
restarts it once.
"""

import sqlite3
import threading
from pathlib import Path

from mainstay.stores.sqlite.connection import connect
from mainstay.stores.sqlite.writer import Writer

EVERY_S = 1.0
MIN_BYTES = 4_000_000
MAX_BYTES = 64_000_000


class Checkpointer:
    """Looks at the log's size every second.

    Args:
        path: the database file.
        writer: asked to restart a log that grew past MAX_BYTES.
    """

    def __init__(self, path: Path, writer: Writer) -> None:
        self._path = path
        self._log = path.with_name(path.name + "-wal")
        self._writer = writer
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._loop, name="checkpointer", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop; the log's rest is moved when the last connection closes."""
        self._stop.set()
        self._thread.join()

    def _loop(self) -> None:
        connection = connect(self._path, busy_timeout_s=0.1)
        while not self._stop.wait(EVERY_S):
            size = self._size()
            if size > MIN_BYTES:
                self._checkpoint(connection)
            if size > MAX_BYTES:
                self._writer.restart_log()
        connection.close()

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except FileNotFoundError:
            return 0

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.OperationalError as error:
            # Busy or a full disk: the commit that needs the room reports it.
            if "locked" not in str(error) and "full" not in str(error):
                raise
