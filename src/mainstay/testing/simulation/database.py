"""The database of a simulated world: the real schema and statements, in memory.

All processes share one connection: a commit is one step of the loop, so that no two can
overlap. When it happens, and whether anybody is told, is the world's to decide.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from mainstay.domain.errors import StoreUnavailable
from mainstay.stores.sqlite.connection import connect
from mainstay.stores.sqlite.group_commit import GroupCommit, Item
from mainstay.stores.sqlite.schema import prepare
from mainstay.testing.simulation.clocks import StoreClock
from mainstay.testing.simulation.dice import Dice

COMMIT_S = (0.001, 0.012)
"""What a commit takes, from submitting to being on disk."""

PATIENCE_S = 2.0
"""The longest that a writer waits for a database that is away."""


@cache
def blank() -> bytes:
    """Return a database with this version's schema and nothing in it."""
    with tempfile.TemporaryDirectory(prefix="mainstay-world-") as folder:
        path = Path(folder) / "blank.db"
        prepare(path)
        connection = connect(path, busy_timeout_s=0)
        connection.execute("PRAGMA journal_mode = DELETE")
        image = connection.serialize()
        connection.close()
    return image


class Database:
    """One SQLite database, its clock, and what is wrong with it just now.

    Args:
        clock: the database's.
        dice: how long commits take.
        on_news: called in the commit with the conversations that have new events.

    Attributes:
        is_away: nothing can be read or written.
        slow_s: what every commit takes longer.
    """

    def __init__(
        self, clock: StoreClock, dice: Dice, on_news: Callable[[set[str]], None]
    ) -> None:
        self.clock = clock
        self.connection = sqlite3.connect(
            ":memory:", isolation_level=None, cached_statements=256
        )
        self.connection.deserialize(blank())
        self.is_away = False
        self.slow_s = 0.0
        self._dice = dice
        self._on_news = on_news

    def group(self) -> GroupCommit:
        """Return what commits for one process."""
        return GroupCommit(self.connection, self.clock)

    def takes_s(self) -> float:
        """Return the seconds until the next commit is on disk."""
        return self._dice.uniform(*COMMIT_S) + self.slow_s

    def patience_s(self) -> float:
        """Return the seconds that a writer waits while the database is away."""
        return self._dice.uniform(0.0, PATIENCE_S)

    def commit(self, group: GroupCommit, items: Sequence[Item]) -> None:
        """Commit the items, or let all of them fail."""
        if self.is_away:
            for item in items:
                item.fail(sqlite3.OperationalError("the database is away"))
            return
        touched = group.commit(items)
        if touched:
            self._on_news(touched)

    def read(self) -> sqlite3.Connection:
        """Return the connection to read on.

        Raises:
            StoreUnavailable: it is away.
        """
        if self.is_away:
            raise StoreUnavailable("the store cannot be read now: it is away")
        return self.connection

    def close(self) -> None:
        """Forget everything."""
        self.connection.close()
