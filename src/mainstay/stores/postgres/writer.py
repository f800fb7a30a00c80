"""Writes: the pieces of work that wait together share one call and one commit.

A group is one statement, sent by one connection. What fails for a reason of its own is
found by halving the group, and fails alone. While the database is away, pieces that
were certainly not stored wait for it, each for as long as one statement may take.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.stores.codec import dumps, loads
from mainstay.stores.postgres.connection import (
    Address,
    connect,
    is_away,
    translated,
    was_undone,
)
from mainstay.stores.postgres.driver import Connection

MAX_GROUP = 128
MAX_WAITING = 20_000
RETRY_S = 0.1
RUN = "SELECT run($1, $2)"


@dataclass(frozen=True, slots=True)
class Piece:
    """A call of one of the functions that ``run`` knows.

    Args:
        verb: which.
        arguments: a JSON object.
        conversation_id: the one it locks, "" for none; a group is in this order.
        alone: whether it locks several, and so must not share a group.
        news: whether listeners of the conversation should look when it is committed.
    """

    verb: str
    arguments: Mapping[str, Any]
    conversation_id: str = ""
    alone: bool = False
    news: bool = False


@dataclass(slots=True)
class _Item:
    """A piece, as it is sent, until when it may wait, and where its result goes."""

    piece: Piece
    told: str
    until_s: float
    future: asyncio.Future[Any]

    def fail(self, error: Exception) -> None:
        """Give whoever waits the fault."""
        if not self.future.done():
            self.future.set_exception(error)


@dataclass(slots=True)
class Writer:
    """Runs pieces; what it returned is on disk.

    Args:
        address: the database.
        clock: for waiting.
        ids: names hash chains: one for each connection.
        on_commit: called on the loop with the conversations that have news.
    """

    address: Address
    clock: Clock
    ids: Ids
    on_commit: Callable[[set[str]], None]
    _waiting: deque[_Item] = field(default_factory=deque[_Item])
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None
    _connection: Connection | None = None
    _chain: str = ""
    _under_way: bool = False
    _closed: bool = False
    commits: int = 0
    """Groups committed so far."""

    async def run(self, piece: Piece) -> Any:
        """Run a piece and return its result once it is committed.

        Raises:
            StoreUnavailable: nothing was stored, or the connection broke at a moment
                that leaves it open; a retry with the same key or fence is safe.
            asyncpg.PostgresError: a reason of its own, e.g. a unique key that is taken.
            UnicodeEncodeError: a text holds half a surrogate pair.
        """
        return await self._submit(piece)

    async def run_all(self, pieces: Sequence[Piece]) -> list[Any]:
        """Run pieces and return their results; the first fault ends it."""
        return list(await asyncio.gather(*[self._submit(piece) for piece in pieces]))

    async def stop(self) -> None:
        """Commit what waits and close the connection; may be repeated."""
        self._closed = True
        self._news.set()
        task, self._task = self._task, None
        if task is not None:
            await asyncio.wait([task])
        self._disconnect()

    def distrust(self) -> None:
        """Go on with a new session: others fell silent, and this one may have, too.

        A group that is under way finds that out itself.
        """
        if not self._under_way:
            self._disconnect()

    def _submit(self, piece: Piece) -> asyncio.Future[Any]:
        if self._closed or len(self._waiting) >= MAX_WAITING:
            raise StoreUnavailable("the store is closing or far behind; try again")
        # Here, so that what cannot be told fails its sender and nobody else.
        told = dumps((piece.verb, piece.arguments))
        future = asyncio.get_running_loop().create_future()
        until_s = self.clock.monotonic_s() + self.address.timeout_s
        self._waiting.append(_Item(piece, told, until_s, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        self._news.set()
        return future

    async def _work(self) -> None:
        while self._waiting or not self._closed:
            if not self._waiting:
                self._news.clear()
                await self._news.wait()
                continue
            group = self._gather()
            try:
                await self._commit(group)
            except Exception as error:  # noqa: BLE001 - told to those who wait
                for item in group:
                    item.fail(error)

    def _gather(self) -> list[_Item]:
        """Take what waits, sorted by conversation; in one conversation in its order."""
        group: list[_Item] = []
        while self._waiting and len(group) < MAX_GROUP:
            if self._waiting[0].piece.alone:
                return _sorted(group) or [self._waiting.popleft()]
            group.append(self._waiting.popleft())
        return _sorted(group)

    async def _commit(self, group: Sequence[_Item]) -> None:
        """Commit the group, or those halves of it that can be."""
        left = [item for item in group if not item.future.cancelled()]
        while left := self._in_time(left):
            try:
                results = await self._send(left)
            except Exception as error:  # noqa: BLE001 - told to those who wait
                if not self._may_go_on(error):
                    for item in left:
                        item.fail(translated(error))
                    return
                if len(left) > 1 and was_undone(error):
                    await self._commit(left[: len(left) // 2])
                    await self._commit(left[len(left) // 2 :])
                    return
                if not is_away(error):
                    left[0].fail(error)
                    return
                await self.clock.sleep(RETRY_S)
            else:
                self._settle(left, results)
                return

    async def _send(self, group: Sequence[_Item]) -> list[Any]:
        # Of a session that the server ended meanwhile nothing is in doubt.
        if self._connection is None or self._connection.is_closed():
            try:
                self._connection = await connect(self.address)
            except StoreUnavailable as error:
                raise _NotSent(str(error)) from error
            self._chain = self.ids.new("chain")
        pieces = f"[{','.join(item.told for item in group)}]"
        self._under_way = True
        try:
            told: str = await self._connection.fetchval(RUN, self._chain, pieces)
        finally:
            self._under_way = False
        results: list[Any] = loads(told)
        return results

    def _may_go_on(self, error: Exception) -> bool:
        """Tell whether nothing was stored; a connection that failed is given up."""
        if isinstance(error, _NotSent):
            return True
        undone = was_undone(error)
        if is_away(error):
            self._disconnect()
        return undone

    def _in_time(self, items: Sequence[_Item]) -> list[_Item]:
        """Return the items that may still wait; fail the others."""
        now_s = self.clock.monotonic_s()
        for item in items:
            if item.until_s <= now_s:
                item.fail(StoreUnavailable("the database did not answer in time"))
        return [item for item in items if item.until_s > now_s]

    def _settle(self, group: Sequence[_Item], results: Sequence[Any]) -> None:
        self.commits += 1
        for item, result in zip(group, results, strict=True):
            if not item.future.done():
                item.future.set_result(result)
        touched = {i.piece.conversation_id for i in group if i.piece.news}
        if touched:
            self.on_commit(touched)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            # Not close(): it waits for a server that may not answer.
            connection.terminate()


class _NotSent(StoreUnavailable):
    """No connection could be had, so nothing was sent."""


def _sorted(group: list[_Item]) -> list[_Item]:
    return sorted(group, key=lambda item: item.piece.conversation_id)
