"""The trace: everything that happened in a world, in order."""

import hashlib

MAX_LINES = 20_000


class Trace:
    """Keeps the newest 20,000 lines, and a fingerprint of all.

    Two runs of one plan have the same fingerprint, under one release of SQLite.

    Attributes:
        count: how many lines there were so far.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._hash = hashlib.sha256()
        self.count = 0

    def note(self, at_s: float, who: str, what: str) -> None:
        """Add a line."""
        line = f"{at_s:9.4f} {who:<10} {what}"
        self._hash.update(line.encode())
        self._lines.append(line)
        self.count += 1
        if len(self._lines) > 2 * MAX_LINES:
            del self._lines[:-MAX_LINES]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of every line, in hex."""
        return self._hash.hexdigest()

    @property
    def lines(self) -> list[str]:
        """The newest lines, oldest first."""
        return self._lines[-MAX_LINES:]
