"""What each piece of the store's work takes in PostgreSQL, at one size of its past."""

import time
from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.archive import address_of, done_ids, due_ids, fill
from benchmarks.day import Day, Observer
from benchmarks.plan_log import Plan, PlanLog
from mainstay.stores.postgres import schema
from mainstay.stores.postgres.connection import Address
from mainstay.stores.postgres.store import PostgresStore, open_store
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.testing.servers.postgres import PostgresServer

T = TypeVar("T")

DATABASE = "archive"
WARM = 6
"""Passes before buffers count: PostgreSQL settles on a plan at the sixth call."""

EXPLAINED = 6
TIMED = 200


@dataclass(slots=True)
class Piece:
    """What one piece of work took.

    Args:
        plans: of each run, the plans of its statements.
        took_ms: of each timed run.
    """

    plans: list[list[Plan]] = field(default_factory=list[list[Plan]])
    took_ms: list[float] = field(default_factory=list[float])

    @property
    def buffers(self) -> int:
        """Pages read in a median run, all its statements together."""
        runs = sorted(max(plan.buffers for plan in run) for run in self.plans)
        return runs[len(runs) // 2]

    @property
    def faults(self) -> set[str]:
        """What its plans read whole."""
        return {
            f"{fault}: {plan.query[:200]}"
            for run in self.plans
            for plan in run
            for fault in plan.faults
        }


@dataclass(slots=True)
class Measured:
    """One size of the past: a server, its database, and what each piece took there.

    Args:
        server: it runs.
        messages: how many the archive has.
    """

    server: PostgresServer
    messages: int
    pieces: dict[str, Piece] = field(default_factory=dict[str, Piece])
    _due: Iterator[str] = field(default_factory=lambda: iter(()))
    _done: Iterator[str] = field(default_factory=lambda: iter(()))

    async def prepare(self) -> None:
        """Make the database and fill it."""
        self.server.create(DATABASE)
        await schema.migrate(self._address, SystemClock())
        fill(self.server, DATABASE, self.messages)
        self._due, self._done = due_ids(self.messages), done_ids(self.messages)

    async def explain(self) -> None:
        """Note the plans of each piece, those of the first few runs left out."""
        log = PlanLog(self.server, DATABASE)
        self.pieces.clear()
        async with _store(self._address) as store:
            day = Day(store, self._done, self._due, self._explained(log, warm=True))
            for n in range(WARM + EXPLAINED):
                day.seen = self._explained(log, warm=n < WARM)
                await day.pass_by()
        self.server.sql(f"ALTER DATABASE {DATABASE} RESET ALL")

    async def time(self) -> None:
        """Note how long each piece takes when nothing is explained."""
        async with _store(self._address) as store:
            day = Day(store, self._done, self._due, self._timed)
            for _ in range(TIMED):
                await day.pass_by()

    @property
    def _address(self) -> Address:
        return address_of(self.server, DATABASE)

    def _explained(self, log: PlanLog, *, warm: bool) -> Observer:
        async def seen(name: str, work: Awaitable[T]) -> T:
            log.new()
            result = await work
            if not warm:
                self.pieces.setdefault(name, Piece()).plans.append(log.new())
            return result

        return seen

    async def _timed(self, name: str, work: Awaitable[T]) -> T:
        began_s = time.perf_counter()
        result = await work
        self.pieces[name].took_ms.append((time.perf_counter() - began_s) * 1000)
        return result


@asynccontextmanager
async def _store(address: Address) -> AsyncGenerator[PostgresStore]:
    store = await open_store(
        address, SystemClock(), SystemIds(), pool_size=5, on_commit=lambda _: None
    )
    try:
        yield store
    finally:
        await store.stop()
