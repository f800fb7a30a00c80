"""The one thread that writes: what waits when it is free shares one commit."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.clock import Clock
from mainstay.stores.sqlite.connection import connect
from mainstay.stores.sqlite.group_commit import MAX_GROUP, GroupCommit, Item
from mainstay.stores.sqlite.writer import T, Work

MAX_WAITING = 20_000


class WriterThread:
    """Implements ``Writer`` on a thread of its own.

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
        self._on_commit = on_commit
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self.connection = connect(path, busy_timeout_s=busy_timeout_s)
        self._group = GroupCommit(self.connection, clock)
        self._thread = threading.Thread(
            target=self._loop, name="store-writer", daemon=True
        )
        self._closed = False
        self._restart_log = False
        self._thread.start()

    @property
    def commits(self) -> int:
        """The number of groups committed so far."""
        return self._group.commits

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

    def _submit(self, work: Work[Any], loop: asyncio.AbstractEventLoop | None) -> Item:
        if self._closed or self._queue.qsize() > MAX_WAITING:
            raise StoreUnavailable("the store is closing or far behind; try again")
        item = Item(work, loop)
        self._queue.put(item)
        return item

    def _loop(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._gather()
            if group:
                self._settle(group, self._group.commit(group))
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

    def _gather(self) -> tuple[list[Item], bool]:
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

    def _settle(self, group: list[Item], touched: set[str]) -> None:
        """Tell every waiter; one call into each loop for the whole group."""
        loops: dict[asyncio.AbstractEventLoop, list[Item]] = {}
        for item in group:
            if item.loop is None:
                item.settle()
            else:
                loops.setdefault(item.loop, []).append(item)
        for loop, items in loops.items():
            with suppress(RuntimeError):  # the loop was closed: nobody waits
                loop.call_soon_threadsafe(self._deliver, items, touched)

    def _deliver(self, items: list[Item], touched: set[str]) -> None:
        for item in items:
            item.settle()
        if touched:
            self._on_commit(touched)
