"""Leases on PostgreSQL: a claim locks the conversation's row, and sets it."""

import asyncio
import threading
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from mainstay.domain.turn import Claim, Lease, Turn
from mainstay.stores.postgres.connection import Address, connect, translated
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.revisions import IDENTITY
from mainstay.stores.postgres.writer import Piece, Writer
from mainstay.stores.statements import load

if TYPE_CHECKING:
    from mainstay.stores.postgres.driver import Connection

SQL = load("postgres", "leases")

RENEWAL_S = 5.0
"""A renewal that takes longer comes too late: a worker lets go 8 s after the last."""

SILENT_S = 2.0
"""A session that says nothing for so long is made anew, in time for its leases."""


class PostgresLeases:
    """Grants, renews and ends leases."""

    def __init__(self, writer: Writer, reader: Reader, address: Address) -> None:
        self._writer = writer
        self._reader = reader
        self._renewal = Renewal(address)

    async def claim(self, conversation_ids: Sequence[str], owner: str) -> list[Claim]:
        """Win the conversations that are free and have work."""
        told = await self._writer.run_all(
            [
                Piece("claim", {"conversation_id": id_, "owner": owner}, id_)
                for id_ in sorted(set(conversation_ids))
            ]
        )
        return [_claim_of(won, owner) for won in told if won is not None]

    async def release(self, lease: Lease) -> None:
        """End a lease without a result."""
        row = {"conversation_id": lease.conversation_id, "owner": lease.owner}
        row |= {"lease_epoch": lease.lease_epoch}
        await self._writer.run(Piece("release", row, lease.conversation_id))

    def renew(self, owner: str, held: Collection[str]) -> set[tuple[str, int]]:
        """Prolong the leases of ``held`` that have not ended."""
        return self._renewal.renew(owner, held)

    async def enlist(self, owner: str, lock_path: str, role: str) -> None:
        """Make a process known, with the number of its advisory lock."""
        await self._reader.row(SQL["enlist"], owner, lock_path, role, *IDENTITY)

    async def enlisted(self) -> list[tuple[str, str]]:
        """Return (owner, number of its lock) of every process known."""
        return [(row[0], row[1]) for row in await self._reader.rows(SQL["enlisted"])]

    async def serving(self, role: str) -> int:
        """Return how many of the processes known serve a role."""
        return (await self._reader.row(SQL["serving"], role))[0]

    async def bury(self, owner: str) -> list[str]:
        """Void the leases of a dead process at once and forget it."""
        freed: list[str] = await self._writer.run(
            Piece("bury", {"owner": owner}, alone=True)
        )
        return freed

    async def stop(self) -> None:
        """Close the connection that renews; may be repeated."""
        await asyncio.to_thread(self._renewal.stop)


class Renewal:
    """Renews from a thread of its own, on a connection of its own.

    Whatever the event loop and the pool are busy with, leases are kept; whether they
    may be is the caller's to know. Its loop runs only while a renewal does.

    Args:
        address: the database.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._mutex = threading.Lock()

    def renew(self, owner: str, held: Collection[str]) -> set[tuple[str, int]]:
        """Run the one statement and return what still holds."""
        with self._mutex:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            rows = self._loop.run_until_complete(self._renew(owner, held))
        return {(row[0], row[1]) for row in rows}

    def stop(self) -> None:
        """Close connection and loop; may be repeated."""
        with self._mutex:
            loop, self._loop = self._loop, None
            if loop is not None:
                self._drop()
                # The transport closes in a later round of the loop.
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()

    async def _renew(self, owner: str, held: Collection[str]) -> list[Any]:
        try:
            async with asyncio.timeout(RENEWAL_S):
                try:
                    return await self._ask(owner, held, SILENT_S)
                except TimeoutError:
                    return await self._ask(owner, held, RENEWAL_S)
        except Exception as error:
            raise translated(error) from error

    async def _ask(
        self, owner: str, held: Collection[str], within_s: float
    ) -> list[Any]:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._address)
        try:
            return await self._connection.fetch(
                SQL["renew"], owner, list(held), timeout=within_s
            )
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _claim_of(won: Sequence[Any], owner: str) -> Claim:
    lease_epoch, owner_epoch, turn = won
    one = Turn(*turn)
    return Claim(Lease(one.conversation_id, owner, lease_epoch, owner_epoch), one)
