"""A stage on SQLite: writers pause before each statement that they run."""

import asyncio
import sqlite3
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

from tests.conformance.sqlite_ports import empty, ports_of
from tests.conformance.store_stage import SIDES

from mainstay.stores.sqlite.store import SqliteStore, open_store
from mainstay.testing.clock import ManualClock
from mainstay.testing.ids import CountedIds

BEGIN, ENDS = "BEGIN IMMEDIATE", ("COMMIT", "ROLLBACK")

LOG = """
CREATE TABLE test_log (
  n INTEGER PRIMARY KEY AUTOINCREMENT, conversation_id TEXT, what TEXT,
  lease_epoch INTEGER, owner_epoch INTEGER, lease_owner TEXT, text TEXT);
CREATE TRIGGER log_conversation
AFTER UPDATE OF lease_epoch, owner_epoch, lease_owner ON conversations BEGIN
  INSERT INTO test_log (conversation_id, what, lease_epoch, owner_epoch, lease_owner)
  VALUES (new.id, 'conversation', new.lease_epoch, new.owner_epoch, new.lease_owner);
END;
CREATE TRIGGER log_step AFTER INSERT ON steps BEGIN
  INSERT INTO test_log (conversation_id, what, text)
  SELECT conversation_id, 'step', new.body FROM turns WHERE id = new.turn_id;
END;
CREATE TRIGGER log_message AFTER INSERT ON messages BEGIN
  INSERT INTO test_log (conversation_id, what, text)
  VALUES (new.conversation_id, 'message', new.text);
END;
"""


class Gate:
    """Stops one writer's thread before each statement; ``news`` is set when it does."""

    def __init__(self, store: SqliteStore, news: asyncio.Event) -> None:
        self._news = news
        self._loop = asyncio.get_running_loop()
        self._go = threading.Semaphore(0)
        self._open = False
        self.statement: str | None = None
        self.begun = False
        self.inside = False
        store.writer.connection.set_trace_callback(self._pause)

    @property
    def blocked(self) -> bool:
        """Whether it waits for the write lock, or is about to have it."""
        return self.begun and not self.inside and self.statement is None

    def step(self) -> None:
        """Let it run the statement that it stands before."""
        self.begun = self.statement not in ENDS and (
            self.begun or self.statement == BEGIN
        )
        self.inside = self.inside and self.begun
        self.statement = None
        self._go.release()

    def let_go(self) -> None:
        """Stop it no more."""
        self._open = True
        self._go.release()

    def _pause(self, statement: str) -> None:
        # A comment is a trigger's trace.
        if self._open or statement.startswith("--"):
            return
        self.inside = self.begun
        self.statement = statement
        self._loop.call_soon_threadsafe(self._news.set)
        self._go.acquire()


class SqliteStage:
    """One file, a writer for each side."""

    def __init__(self, path: Path, stores: Sequence[SqliteStore]) -> None:
        self._path = path
        self._news = asyncio.Event()
        self._gates = [Gate(store, self._news) for store in stores]

    def attach(self, stores: Sequence[SqliteStore], clock: ManualClock) -> None:
        """Take what the acts are played with."""
        self.clock = clock
        self.sides = [ports_of(store, clock) for store in stores]

    async def standing(self, acting: Mapping[int, asyncio.Task[Any]]) -> list[int]:
        """Return who stands; of two that want the lock, one tries while one has it."""
        for task in acting.values():
            task.add_done_callback(lambda _: self._news.set())
        while True:
            self._news.clear()
            alive = {n: self._gates[n] for n, task in acting.items() if not task.done()}
            if all(self._rests(gate) for gate in alive.values()):
                return [n for n, gate in alive.items() if self._may_move(gate)]
            await self._news.wait()

    def _rests(self, gate: Gate) -> bool:
        held = any(other.inside for other in self._gates)
        return gate.statement is not None or (gate.blocked and held)

    def _may_move(self, gate: Gate) -> bool:
        waits = any(other.blocked for other in self._gates)
        return gate.statement is not None and not (waits and gate.statement == BEGIN)

    async def step(self, side: int) -> None:
        """Let its writer run one statement."""
        self._gates[side].step()

    async def let_go(self) -> None:
        """Let every writer run."""
        for gate in self._gates:
            gate.let_go()

    async def advance(self, seconds: float) -> None:
        """Move the clock that all sides share."""
        self.clock.advance(seconds)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read over a connection of its own."""
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.execute(sql).fetchall()


@asynccontextmanager
async def stage() -> AsyncGenerator[SqliteStage]:
    """Set up a fresh file."""
    with ExitStack() as scope:
        # A writer must not take half of what one side sends at once.
        scope.callback(sys.setswitchinterval, sys.getswitchinterval())
        sys.setswitchinterval(1)
        folder = scope.enter_context(tempfile.TemporaryDirectory())
        path = empty(Path(folder) / "s.db")
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(LOG)
        clock, ids = ManualClock(), CountedIds()
        stores = [_opened(path, clock, ids) for _ in range(SIDES)]
        for store in stores:
            scope.enter_context(closing(store))
        one = SqliteStage(path, stores)
        one.attach(stores, clock)
        try:
            yield one
        finally:
            await one.let_go()


def _opened(path: Path, clock: ManualClock, ids: CountedIds) -> SqliteStore:
    return open_store(path, clock, ids, busy_timeout_s=60, on_commit=lambda _: None)
