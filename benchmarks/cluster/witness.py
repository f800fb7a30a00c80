"""Watches in the database who works on what, and when a dead one's work goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import asyncpg

from benchmarks.cluster.stale import LATE_CALLS, LATE_ROWS, REFUSED
from mainstay.stores.postgres.schema import SEARCH_PATH

LOOK_S = 0.05
AWAY_S = 0.2

HELD = """
SELECT c.id, c.lease_epoch, t.id AS turn, t.attempt, now_ms() AS now
FROM conversations c JOIN turns t ON t.conversation_id = c.id AND t.state = 'running'
WHERE c.lease_owner = $1
"""
"""What a process works on; only a conversation's first open turn ever runs."""

BUSIEST = """
SELECT lease_owner FROM conversations WHERE lease_owner = ANY ($1)
GROUP BY lease_owner ORDER BY count(*) DESC LIMIT 1
"""

ROB = """
WITH mine AS MATERIALIZED (
  SELECT id FROM conversations WHERE lease_owner = $1 ORDER BY id FOR UPDATE
)
UPDATE conversations SET lease_owner = NULL, lease_until_ms = 0, hidden_until_ms = 0
WHERE id IN (SELECT id FROM mine)
"""
"""What a burial does to leases."""

GONE_ON = """
SELECT t.id AS turn, c.lease_epoch, c.lease_owner, t.state = 'running' AS runs,
       now_ms() AS now
FROM conversations c JOIN turns t ON t.conversation_id = c.id
WHERE t.id = ANY ($1)
"""

WORKERS = """
SELECT owner FROM processes WHERE role = 'worker' ORDER BY started_at_ms
"""

ACTING = """
SELECT c.lease_owner FROM conversations c JOIN effects e ON e.conversation_id = c.id
WHERE e.state = 'intended' AND c.lease_owner = ANY ($1)
GROUP BY c.lease_owner ORDER BY count(*) DESC LIMIT 1
"""
"""Who has most calls out in the world: the next that each of them does is to write."""


@dataclass(slots=True)
class Hold:
    """A turn that a process was struck in.

    Args:
        conversation_id: whose.
        lease_epoch: of the lease it was held under.
        turn_id: the turn.
        attempt: of the turn.
        took_s: from the strike until another claim; None while there is none.
        ended: whether it needed none: its last write had got through.
        again: whether the process itself won the turn again, and may write to it.
    """

    conversation_id: str
    lease_epoch: int
    turn_id: str
    attempt: int
    took_s: float | None = None
    ended: bool = False
    again: bool = False


@dataclass(slots=True)
class Case:
    """A process that was struck.

    Args:
        owner: its identity.
        at_ms: when, by the database's clock.
        holds: what it was at, by turn.
        closed: whether all that it held is known; a thawed one may hold leases anew.
    """

    owner: str
    at_ms: int
    holds: dict[str, Hold] = field(default_factory=dict[str, Hold])
    closed: bool = False

    @property
    def open(self) -> list[str]:
        """The turns that nobody went on with so far."""
        holds = self.holds.values()
        return [h.turn_id for h in holds if h.took_s is None and not h.ended]

    @property
    def times_s(self) -> list[float]:
        """How long each turn stood still."""
        return [h.took_s for h in self.holds.values() if h.took_s is not None]


@dataclass(frozen=True, slots=True)
class Late:
    """What a process did under leases that had ended.

    Args:
        rows: what it wrote.
        passed: writes that the fence let through, whatever became of them.
        refused: writes that the fence refused.
    """

    rows: int
    passed: int
    refused: int

    @property
    def written(self) -> int:
        """What must not be; a row may count twice."""
        return self.rows + self.passed


class Witness:
    """Looks every 50 ms; a time it tells is never too short.

    Args:
        url: the database.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: set[str] = set()
        self._db: asyncpg.Connection | None = None
        self._mutex = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self.cases: list[Case] = []

    async def __aenter__(self) -> Self:
        """Start to look."""
        self._looking = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self._db is not None:
            self._db.terminate()

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """Return a statement's rows."""
        async with self._mutex:
            if self._db is None or self._db.is_closed():
                self._db = await asyncpg.connect(
                    self._url, timeout=5, server_settings={"search_path": SEARCH_PATH}
                )
            return await self._db.fetch(sql, *values, timeout=10)

    async def value(self, sql: str, *values: object) -> Any:
        """Return a statement's only value."""
        return (await self.rows(sql, *values))[0][0]

    async def newcomers(self) -> list[str]:
        """Return the workers that were not known at the last call, the oldest first."""
        here = [row[0] for row in await self.rows(WORKERS)]
        new = [owner for owner in here if owner not in self._known]
        self._known.update(new)
        return new

    async def busiest(self, owners: Sequence[str], within_s: float) -> str:
        """Return who has most in hand; if nobody has anything in time, the first."""
        return await self._most(BUSIEST, owners, within_s)

    async def acting(self, owners: Sequence[str], within_s: float) -> str:
        """Return who has most effects under way; if nobody has in time, the first."""
        return await self._most(ACTING, owners, within_s)

    async def acts(self, owner: str) -> bool:
        """Tell whether a process has effects under way."""
        return bool(await self.rows(ACTING, [owner]))

    async def struck(self, owner: str) -> Case:
        """Follow what becomes of the work of a process that was struck just now."""
        case = Case(owner, await self.value("SELECT now_ms()"))
        await self._see(case)
        self.cases.append(case)
        return case

    async def rob(self, case: Case) -> None:
        """End the leases of a process that was struck."""
        await self.rows(ROB, case.owner)

    async def late(self, case: Case, grace_ms: int) -> Late:
        """Return what a process did under leases it had before it was struck.

        Args:
            case: the process.
            grace_ms: how long the server may need for what it had already been sent.
        """
        holds = [hold for hold in case.holds.values() if not hold.again]
        turns, attempts = [h.turn_id for h in holds], [h.attempt for h in holds]
        ids, epochs = [h.conversation_id for h in holds], [h.lease_epoch for h in holds]
        of_whom = (case.at_ms + grace_ms, case.owner)
        rows = await self.value(LATE_ROWS, turns, attempts, *of_whom)
        told = [row[0] for row in await self.rows(LATE_CALLS, ids, epochs, *of_whom)]
        refused = told.count(REFUSED)
        return Late(rows, len(told) - refused, refused)

    async def refused(self, cases: Sequence[Case]) -> int:
        """Return how many writes of these the store refused so far."""
        return sum([(await self.late(case, 0)).refused for case in cases])

    async def _most(self, sql: str, owners: Sequence[str], within_s: float) -> str:
        for _ in range(int(within_s / LOOK_S)):
            if found := await self.rows(sql, owners):
                return found[0][0]
            await asyncio.sleep(LOOK_S)
        return owners[0]

    async def _look(self) -> None:
        while True:
            try:
                for case in self.cases:
                    await self._see(case)
                await asyncio.sleep(LOOK_S)
            except (
                OSError,
                TimeoutError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
            ):
                await asyncio.sleep(AWAY_S)

    async def _see(self, case: Case) -> None:
        """Note what it holds, and what others went on with."""
        if not case.closed:
            # A claim that was under way when it was struck may be committed after it.
            for row in await self.rows(HELD, case.owner):
                case.holds.setdefault(row["turn"], Hold(*list(row.values())[:4]))
        if not case.open:
            return
        for row in await self.rows(GONE_ON, case.open):
            hold = case.holds[row["turn"]]
            if row["lease_epoch"] > hold.lease_epoch:
                hold.took_s = (row["now"] - case.at_ms) / 1000
                hold.again = row["lease_owner"] == case.owner
            elif not row["runs"]:
                hold.ended = True
