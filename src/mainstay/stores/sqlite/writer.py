"""The one thread that writes: many pieces of work share one commit.

Bad pieces are rare, so a group first runs without savepoints; when a piece raises, the
group is rolled back and run again, a savepoint a piece, and the bad one fails alone. A
piece must therefore do nothing but through its unit. It reads and checks before it
writes: its fence is exact because BEGIN IMMEDIATE has taken the file's write lock.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.connection import connect
from mainstay.stores.sqlite.unit import Unit

T = TypeVar("T")
Work = Callable[[Unit], T]

MAX_GROUP = 256
MAX_WAITING = 20_000


class _Item:
    """A piece of work and where its outcome goes."""

    __slots__ = ("error", "future", "loop", "result", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop | None) -> None:
        self.work = work
        self.loop = loop
        self.future: Any = Future() if loop is None else loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Give the outcome to whoever waits."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Runs work on the writer thread; what it returned is on disk.

    ``commits`` is the number of groups committed so far.

    Args:
        path: the database file.
        clock: tells each piece its time, taken under the write lock.
        busy_timeout_s: seconds to wait for another process's write lock.
        on_commit: called on the loop with the conversations that have new events.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        busy_timeout_s: float,
        on_commit: Callable[[set[str]], None],
    ) -> None:
        self._clock = clock
        self._on_commit = on_commit
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self.connection = connect(path, busy_timeout_s=busy_timeout_s)
        self._thread = threading.Thread(
            target=self._loop, name="store-writer", daemon=True
        )
        self.commits = 0
        self._closed = False
        self._restart_log = False
        self._thread.start()

    def restart_log(self) -> None:
        """Empty the write-ahead log between this commit and the next."""
        self._restart_log = True

    async def run(self, work: Work[T]) -> T:
        """Run a piece of work and return its result once it is committed.

        Raises:
            StoreUnavailable: nothing of it was stored.
        """
        item = self._submit(work, asyncio.get_running_loop())
        return await item.future

    def run_from_thread(self, work: Work[T], timeout_s: float) -> T:
        """Do the same for a caller on a thread of its own.

        Raises:
            TimeoutError: no outcome within ``timeout_s`` seconds.
        """
        return self._submit(work, None).future.result(timeout_s)

    def close(self) -> None:
        """Commit what waits, then end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
            self.connection.close()

    def _submit(self, work: Work[Any], loop: asyncio.AbstractEventLoop | None) -> _Item:
        if self._closed or self._queue.qsize() > MAX_WAITING:
            raise StoreUnavailable("the store is closing or far behind; try again")
        item = _Item(work, loop)
        self._queue.put(item)
        return item

    def _loop(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._gather()
            if group:
                self._settle(group, self._commit(group))
            if self._restart_log:
                self._restart_log = False
                self._empty_log()

    def _empty_log(self) -> None:
        """Empty the log if no reader is in the way: commits must not wait for one."""
        connection = self.connection
        (patience_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
        try:
            connection.execute("PRAGMA busy_timeout = 0")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.OperationalError:
            # No room, or another writer: the checkpointer asks again.
            return
        finally:
            connection.execute(f"PRAGMA busy_timeout = {patience_ms}")

    def _gather(self) -> tuple[list[_Item], bool]:
        first = self._queue.get()
        if first is None:
            return [], False
        group = [first]
        try:
            while len(group) < MAX_GROUP:
                item = self._queue.get_nowait()
                if item is None:
                    return group, False
                group.append(item)
        except Empty:
            pass
        return group, True

    def _commit(self, group: list[_Item]) -> set[str]:
        """Commit the group; return the conversations with news."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
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
            self.connection.execute("BEGIN IMMEDIATE")
            return self._apart(group)
        except Exception as error:  # noqa: BLE001 - told to those who wait
            self._roll_back()
            _fail(group, error)
            return set()

    def _together(self, group: list[_Item]) -> set[str]:
        """Run all pieces; the first that fails ends the attempt for all."""
        unit = Unit(self.connection, self._clock)
        for item in group:
            unit.begin()
            item.result = item.work(unit)
        self._end()
        return unit.touched

    def _apart(self, group: list[_Item]) -> set[str]:
        """Run each piece in a savepoint of its own; its failure is its own."""
        unit = Unit(self.connection, self._clock)
        for item in group:
            unit.begin()
            unit.save()
            try:
                item.result = item.work(unit)
            except Exception as error:
                if not self.connection.in_transaction:
                    raise  # SQLite took the whole transaction back, e.g. no room
                unit.undo()
                item.result, item.error = None, _translated(error)
            unit.release()
        self._end()
        return unit.touched

    def _end(self) -> None:
        self.connection.execute("COMMIT")
        self.commits += 1

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def _settle(self, group: list[_Item], touched: set[str]) -> None:
        """Tell every waiter; one call into each loop for the whole group."""
        loops: dict[asyncio.AbstractEventLoop, list[_Item]] = {}
        for item in group:
            if item.loop is None:
                item.settle()
            else:
                loops.setdefault(item.loop, []).append(item)
        for loop, items in loops.items():
            with suppress(RuntimeError):  # the loop was closed: nobody waits
                loop.call_soon_threadsafe(self._deliver, items, touched)

    def _deliver(self, items: list[_Item], touched: set[str]) -> None:
        for item in items:
            item.settle()
        if touched:
            self._on_commit(touched)


def _fail(group: list[_Item], error: Exception) -> None:
    for item in group:
        item.result, item.error = None, _translated(error)


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.Error) and not isinstance(
        error, sqlite3.IntegrityError
    ):
        wrapped = StoreUnavailable(f"the store cannot write now: {error}")
        wrapped.__cause__ = error
        return wrapped
    return error
