"""One transaction as the pieces of work in it see it."""

import hashlib
import sqlite3
from collections.abc import Mapping
from typing import Any

from mainstay.ports.clock import Clock
from mainstay.stores.codec import dumps

_HEAD = "SELECT n, hash FROM audit ORDER BY n DESC LIMIT 1"
_AUDIT = (
    "INSERT INTO audit (n, at_ms, actor, action, subject, detail, hash) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def link(before: bytes, row: tuple[int, int, str, str, str, str]) -> bytes:
    """Return the chain's hash of an audit row, given the hash before it."""
    return hashlib.sha256(before + dumps(row).encode()).digest()


class Unit:
    """A transaction in progress: its connection, its time, its audit entries."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self.connection = connection
        self._clock = clock
        self.now_ms = 0
        self.touched: set[str] = set()
        self._touched_before: set[str] = set()
        self._head: tuple[int, bytes] | None = None
        self._head_before: tuple[int, bytes] | None = None

    def begin(self) -> None:
        """Start the next piece of work at its own time."""
        self.now_ms = self._clock.now_ms()

    def save(self) -> None:
        """Remember the state before the present piece."""
        self._head_before = self._head
        self._touched_before = set(self.touched)
        self.connection.execute("SAVEPOINT piece")

    def undo(self) -> None:
        """Take back what the present piece wrote."""
        self.connection.execute("ROLLBACK TO piece")
        self._head = self._head_before
        self.touched = self._touched_before

    def release(self) -> None:
        """Close the present piece."""
        self.connection.execute("RELEASE piece")

    def execute(self, sql: str, parameters: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, parameters)

    def row(self, sql: str, parameters: Mapping[str, Any]) -> Any:
        """Run a statement and return its first row, or None; runs it to its end.

        A RETURNING statement has done all its writes before its first row
        (https://www.sqlite.org/lang_returning.html).
        """
        rows = self.connection.execute(sql, parameters).fetchall()
        return rows[0] if rows else None

    def audit(self, actor: str, action: str, subject: str, **detail: object) -> None:
        """Add an entry to the hash chain, in this commit."""
        n, before = self._last()
        row = (n + 1, self.now_ms, actor, action, subject, dumps(detail))
        digest = link(before, row)
        self.connection.execute(_AUDIT, (*row, digest))
        self._head = (n + 1, digest)

    def _last(self) -> tuple[int, bytes]:
        if self._head is None:
            row = self.connection.execute(_HEAD).fetchone()
            self._head = (row[0], row[1]) if row else (0, b"\0" * 32)
        return self._head
