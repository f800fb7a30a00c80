"""Moves the write-ahead log into the database beside the writer.

A checkpoint inside a commit would make that accept wait for a second fsync; a passive
one on a thread of its own does not (https://www.sqlite.org/wal.html#ckpt), though both
share the disk: few large ones delay fewer commits than many small ones. Under a load
without pauses a passive one never empties the log, so that past MAX_BYTES the writer
restarts it once.
"""

import sqlite3
import threading
from pathlib import Path

from mainstay.stores.sqlite.connection import LOG_BYTES, connect
from mainstay.stores.sqlite.writer_thread import WriterThread

EVERY_S = 1.0
MAX_BYTES = 256_000_000


class Checkpointer:
    """Looks at the log's size every second.

    Args:
        path: the database file.
        writer: asked to restart a log that grew past ``max_bytes``.
        every_s: seconds between two looks.
        min_bytes: a smaller log is left alone.
        max_bytes: a larger one is emptied by the writer.
    """

    def __init__(
        self,
        path: Path,
        writer: WriterThread,
        *,
        every_s: float = EVERY_S,
        min_bytes: int = LOG_BYTES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._path = path
        self._every_s, self._sizes = every_s, (min_bytes, max_bytes)
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
        least, most = self._sizes
        while not self._stop.wait(self._every_s):
            size = self._size()
            if size > least:
                self._checkpoint(connection)
            if size > most:
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
        except sqlite3.OperationalError:
            # Busy, full or failing: commits meet what is not over by the next look,
            # and report it.
            return
