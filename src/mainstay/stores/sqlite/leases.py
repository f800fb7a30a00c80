"""Leases on SQLite: one compare-and-set on the conversation's row."""

from collections.abc import Collection, Sequence
from typing import Any

from mainstay.domain.turn import Claim, Lease, Turn
from mainstay.domain.version import VERSION
from mainstay.stores.codec import dumps
from mainstay.stores.sqlite import revisions
from mainstay.stores.sqlite.reader import Reader
from mainstay.stores.sqlite.unit import Unit
from mainstay.stores.sqlite.writer import Writer
from mainstay.stores.statements import load

SQL = load("sqlite", "leases")

LEASE_MS = 10_000
"""How long a lease lasts without being renewed."""


class SqliteLeases:
    """Grants, renews and ends leases."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def claim(self, conversation_ids: Sequence[str], owner: str) -> list[Claim]:
        """Win the conversations that are free and have work."""
        wanted = sorted(set(conversation_ids))
        return await self._writer.run(
            lambda unit: [c for id_ in wanted if (c := _claim(unit, id_, owner))]
        )

    async def release(self, lease: Lease) -> None:
        """End a lease without a result."""
        await self._writer.run(lambda unit: _release(unit, lease))

    def renew(self, owner: str, held: Collection[str]) -> set[tuple[str, int]]:
        """Prolong the leases of ``held`` that have not ended."""
        return self._writer.run_from_thread(
            lambda unit: _renew(unit, owner, held), timeout_s=LEASE_MS / 1000
        )

    async def enlist(self, owner: str, lock_path: str, role: str) -> None:
        """Make a process known."""
        row = {"owner": owner, "lock_path": lock_path, "role": role}
        await self._writer.run(lambda unit: _enlist(unit, row))

    async def enlisted(self) -> list[tuple[str, str]]:
        """Return (owner, lock path) of every process known."""
        return await self._reader.run(lambda db: db.execute(SQL["enlisted"]).fetchall())

    async def serving(self, role: str) -> int:
        """Return how many of the processes known serve a role."""
        return self._reader.row(SQL["serving"], {"role": role})[0]

    async def bury(self, owner: str) -> list[str]:
        """Void the leases of a dead process at once and forget it."""
        return await self._writer.run(lambda unit: _bury(unit, owner))


def turn_of(row: Sequence[Any]) -> Turn:
    """Return the turn of a row with the columns of ``start_turn``."""
    return Turn(*row)


def _enlist(unit: Unit, row: dict[str, Any]) -> None:
    # In the same commit: a revision that must not meet this version may have just run.
    revisions.check(revisions.recorded(unit.connection))
    row |= {"now_ms": unit.now_ms, "version": VERSION, "head": revisions.HEAD}
    unit.execute(SQL["enlist"], row)


def _claim(unit: Unit, conversation_id: str, owner: str) -> Claim | None:
    row: dict[str, Any] = {"conversation_id": conversation_id, "owner": owner}
    row |= {"now_ms": unit.now_ms, "lease_ms": LEASE_MS}
    won = unit.row(SQL["claim"], row)
    if won is None:
        return None
    lease = Lease(conversation_id, owner, won[0], won[1])
    turn = unit.row(SQL["start_turn"], row)
    if turn is None:
        unit.execute(SQL["rest"], row | {"lease_epoch": won[0]})
        return None
    return Claim(lease, turn_of(turn))


def _release(unit: Unit, lease: Lease) -> None:
    row = {"conversation_id": lease.conversation_id, "owner": lease.owner}
    if unit.row(SQL["release"], row | {"lease_epoch": lease.lease_epoch}):
        unit.execute(SQL["rest_turn"], row)


def _renew(unit: Unit, owner: str, held: Collection[str]) -> set[tuple[str, int]]:
    row = {"owner": owner, "held": dumps(list(held))}
    row |= {"now_ms": unit.now_ms, "lease_ms": LEASE_MS}
    return {(r[0], r[1]) for r in unit.execute(SQL["renew"], row).fetchall()}


def _bury(unit: Unit, owner: str) -> list[str]:
    freed = unit.execute(SQL["void"], {"owner": owner}).fetchall()
    unit.execute(SQL["strike_off"], {"owner": owner})
    unit.audit("watchdog", "process.buried", owner, leases=len(freed))
    return [row[0] for row in freed]
