"""A simulated process's way to the database: its writer and its reader.

They stand for the threads of the real ones, and run the very same pieces of work.
"""

import asyncio
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

from mainstay.ports.chance import Ids
from mainstay.stores.sqlite.group_commit import MAX_GROUP, Item
from mainstay.stores.sqlite.reader import Read
from mainstay.stores.sqlite.store import SqliteStore, store_on
from mainstay.stores.sqlite.writer import T, Work
from mainstay.testing.simulation.database import Database
from mainstay.testing.simulation.process import ON_THREAD, PROCESS, Point

HOP_S = 0.0002
"""From the writer thread back to the event loop, and from the reader's."""


def open_simulated(database: Database, ids: Ids, scope: str) -> SqliteStore:
    """Return the store's ports for the process in which this is called."""
    writer, reader = SimulatedWriter(database), SimulatedReader(database)
    return store_on(writer, reader, database.clock, ids, scope=scope)


class SimulatedWriter:
    """Implements ``Writer``: what is submitted until a commit begins shares it.

    The process may die before the commit, after it, or before anybody hears of it.

    Args:
        database: where to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._group = database.group()
        self._waiting: list[Item] = []
        self._writing = False
        self._loop = asyncio.get_running_loop()
        self._process = PROCESS.get()
        self._on_loop = copy_context()
        self._on_thread = copy_context()
        self._on_thread.run(ON_THREAD.set, True)

    @property
    def commits(self) -> int:
        """The number of groups committed so far."""
        return self._group.commits

    async def run(self, work: Work[T]) -> T:
        """Run a piece of work and return its result once it is committed."""
        item = Item(work, asyncio.get_running_loop())
        self._waiting.append(item)
        if not self._writing:
            self._begin()
        return await item.future

    def run_from_thread(self, work: Work[T], timeout_s: float) -> T:
        """Do the same for the thread that renews leases."""
        item = Item(work, None)
        self._database.commit(self._group, [item])
        item.settle()
        return item.future.result(0)

    def close(self) -> None:
        """Do nothing: the world closes its database."""

    def _begin(self) -> None:
        self._writing = True
        delay_s = self._database.takes_s()
        if self._database.is_away:
            delay_s += self._database.patience_s()
        self._loop.call_later(delay_s, self._arrive, context=self._on_thread)

    def _arrive(self) -> None:
        if self._passes("commit"):
            self._write()
        else:
            self._loop.call_soon(self._write, context=self._on_thread)

    def _write(self) -> None:
        group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
        self._database.commit(self._group, group)
        self._passes("committed")
        self._loop.call_later(HOP_S, _deliver, group, context=self._on_loop)
        if self._waiting:
            self._begin()
        else:
            self._writing = False

    def _passes(self, point: Point) -> bool:
        return self._process is None or self._process.passes(point)


class SimulatedReader:
    """Implements ``Reader``: a longer read sees one moment, and is told of it later.

    Args:
        database: where from.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def row(self, sql: str, where: Mapping[str, Any]) -> Any:
        """Look something up by key, at once; return its row, or None."""
        return self._database.read().execute(sql, where).fetchone()

    def rows(self, sql: str, where: Mapping[str, Any]) -> list[Any]:
        """Look a few rows up by key, at once."""
        return self._database.read().execute(sql, where).fetchall()

    async def run(self, read: Read[T]) -> T:
        """Run a longer read and return its result."""
        found = read(self._database.read())
        told = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(HOP_S, _tell, told)
        await told
        return found

    def close(self) -> None:
        """Do nothing: the world closes its database."""


def _deliver(group: list[Item]) -> None:
    for item in group:
        item.settle()


def _tell(told: "asyncio.Future[None]") -> None:
    if not told.done():
        told.set_result(None)
