"""What one commit costs this disk: the floor under every accept."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

ROW_BYTES = 4_000
"""About what accepting one message adds to the write-ahead log."""


def commit_ms(beside: Path, rate_per_s: float, seconds: float) -> list[float]:
    """Commit one row at a steady rate with the store's own pragmas.

    Args:
        beside: a folder on the disk in question.
        rate_per_s: commits a second.
        seconds: for how long.

    Returns:
        Milliseconds of each commit.
    """
    took_ms: list[float] = []
    with (
        TemporaryDirectory(dir=beside) as folder,
        closing(sqlite3.connect(Path(folder) / "bare", isolation_level=None)) as db,
    ):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE rows (bytes BLOB)")
        began_s = time.perf_counter()
        while (at_s := time.perf_counter()) - began_s < seconds:
            db.execute("INSERT INTO rows VALUES (zeroblob(?))", (ROW_BYTES,))
            took_ms.append((time.perf_counter() - at_s) * 1000)
            due_s = began_s + len(took_ms) / rate_per_s
            time.sleep(max(0.0, due_s - time.perf_counter()))
    return took_ms
