"""Group commit: many pieces of work in one transaction, a bad one fails alone.

Bad pieces are rare, so a group first runs without savepoints; when a piece raises, the
group is rolled back and run again, a savepoint a piece, and the bad one fails alone. A
piece must therefore do nothing but through its unit. It reads and checks before it
writes: its fence is exact because BEGIN IMMEDIATE has taken the file's write lock.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Work

MAX_GROUP = 256


class Item:
    """A piece of work and where its outcome goes.

    Args:
        work: the piece.
        loop: of the caller who awaits it; None for a caller on a thread of its own.
    """

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop | None) -> None:
        self.work = work
        self.loop = loop
        self.future: Any = Future() if loop is None else loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def fail(self, error: BaseException) -> None:
        """Note that nothing of it was stored."""
        self.result, self.error = None, _translated(error)

    def settle(self) -> None:
        """Give the outcome to whoever waits."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class GroupCommit:
    """Commits groups of pieces on one connection, from one thread.

    Args:
        connection: writes; nobody else does on it.
        clock: tells each piece its time, taken under the write lock.

    Attributes:
        commits: the number of groups committed so far.
    """

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self.commits = 0

    def commit(self, group: Sequence[Item]) -> set[str]:
        """Run and commit the group; return the conversations with news.

        Each item then holds its result or its error; who waits is not told yet.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            _fail(group, error)
            return set()
        try:
            return self._together(group)
        except Exception as error:  # noqa: BLE001 - told to those who wait
            self._roll_back()
            if len(group) == 1:
                _fail(group, error)
                return set()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            return self._apart(group)
        except Exception as error:  # noqa: BLE001 - told to those who wait
            self._roll_back()
            _fail(group, error)
            return set()

    def _together(self, group: Sequence[Item]) -> set[str]:
        """Run all pieces; the first that fails ends the attempt for all."""
        unit = Unit(self._connection, self._clock)
        for item in group:
            unit.begin()
            item.result = item.work(unit)
        self._end()
        return unit.touched

    def _apart(self, group: Sequence[Item]) -> set[str]:
        """Run each piece in a savepoint of its own; its failure is its own."""
        unit = Unit(self._connection, self._clock)
        for item in group:
            unit.begin()
            unit.save()
            try:
                item.result = item.work(unit)
            except Exception as error:
                if not self._connection.in_transaction:
                    raise  # SQLite took the whole transaction back, e.g. no room
                unit.undo()
                item.fail(error)
            unit.release()
        self._end()
        return unit.touched

    def _end(self) -> None:
        self._connection.execute("COMMIT")
        self.commits += 1

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _fail(group: Sequence[Item], error: Exception) -> None:
    for item in group:
        item.fail(error)


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.Error) and not isinstance(
        error, sqlite3.IntegrityError
    ):
        wrapped = StoreUnavailable(f"the store cannot write now: {error}")
        wrapped.__cause__ = error
        return wrapped
    return error
