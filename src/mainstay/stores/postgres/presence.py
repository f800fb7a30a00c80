"""A process's presence: one session that holds its lock and hears the news.

PostgreSQL frees the lock when the session ends, however that comes: so a free lock
tells of a dead process. The session also listens, and measures how far this machine's
clock is from the database's, by which leases and deadlines are judged.

A session that falls silent without an end is followed by another one. The server may
not have noticed, so that the old one still holds the lock there: the lock is shared,
and once the new one has it too, it ends the old one. At no moment is it free.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.background import Background
from mainstay.stores.postgres.connection import Address, connect, translated
from mainstay.stores.postgres.driver import Connection
from mainstay.stores.postgres.reader import Reader
from mainstay.stores.postgres.revisions import IDENTITY
from mainstay.stores.statements import load

SQL = load("postgres", "leases")

CHANNEL = "mainstay"
LOOK_S = 1.0
SILENT_S = 2.0
"""A session that says nothing for so long hears nothing either, and is made anew."""

RETRY_S = 0.25


@dataclass(frozen=True, slots=True)
class Member:
    """Who a process is.

    Args:
        owner: its identity.
        role: what it serves, e.g. ``"gateway+worker"``.
    """

    owner: str
    role: str

    @property
    def lock(self) -> int:
        """The number of its advisory lock, signed 64 bits."""
        digest = hashlib.sha256(self.owner.encode()).digest()
        return int.from_bytes(digest[:8], signed=True)


class Ear(Protocol):
    """Takes what a session hears."""

    def hear(self, payload: str) -> None:
        """Take a notification."""
        ...

    def missed(self) -> None:
        """Take it that notifications may have been missed."""
        ...


class Presence:
    """Keeps a process known and listening; a session that breaks is made anew.

    Args:
        address: the database.
        member: this process.
        ear: called on the loop with each notification, and after a gap.
        clock: this machine's.
        telemetry: is told when the session breaks.
    """

    def __init__(
        self,
        address: Address,
        member: Member,
        ear: Ear,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._address = address
        self._member = member
        self._ear = ear
        self._clock = clock
        self._telemetry = telemetry
        self._connection: Connection | None = None
        self._broken = asyncio.Event()
        self._staying = Background(self._stay)
        self.offset_ms = 0

    async def start(self) -> None:
        """Return when this process is known and listens.

        Raises:
            StoreUnavailable: the database cannot be reached.
        """
        await self._enter()
        await self._staying.start()

    async def stop(self) -> None:
        """End the session; may be repeated."""
        await self._staying.stop()
        self._leave()

    async def _stay(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._broken.wait()
            except TimeoutError:
                await self._look()
                continue
            await self._return()

    async def _return(self) -> None:
        self._telemetry.emit(Trouble("presence", "the session broke; making it anew"))
        while True:
            try:
                await self._enter()
            except Exception:  # noqa: BLE001 - who is not present is taken for dead
                await self._clock.sleep(RETRY_S)
            else:
                self._ear.missed()
                return

    async def _enter(self) -> None:
        connection = await connect(self._address)
        try:
            await self._take_over(connection)
        except BaseException as error:
            connection.terminate()
            if isinstance(error, Exception):
                raise translated(error) from error
            raise
        self._leave()
        self._connection = connection
        self._broken.clear()
        connection.add_termination_listener(lambda *_: self._ended(connection))

    async def _take_over(self, connection: Connection) -> None:
        member = self._member
        lock = f"SELECT pg_advisory_lock_shared({member.lock}::bigint)"
        await connection.execute(lock)
        await connection.execute(SQL["evict"], member.lock)
        who = (member.owner, str(member.lock), member.role)
        await connection.execute(SQL["enlist"], *who, *IDENTITY)
        await connection.add_listener(CHANNEL, self._hear)
        await self._measure(connection)

    def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    def _ended(self, connection: Connection) -> None:
        if connection is self._connection:
            self._broken.set()

    def _hear(self, _connection: object, _pid: int, _channel: str, news: str) -> None:
        self._ear.hear(news)

    async def _look(self) -> None:
        """Notice a session that is only half there, or that was taken for dead."""
        if self._connection is None:
            return
        try:
            await self._measure(self._connection)
            known = await self._connection.fetchval(
                SQL["known"], self._member.owner, timeout=SILENT_S
            )
        except Exception:  # noqa: BLE001 - whatever it is, a new session is the answer
            known = False
        if not known:
            self._broken.set()

    async def _measure(self, connection: Connection) -> None:
        """Compare the clocks; half the round trip is the most it can be wrong by."""
        before_ms = self._clock.now_ms()
        there_ms: int = await connection.fetchval("SELECT now_ms()", timeout=SILENT_S)
        here_ms = (before_ms + self._clock.now_ms()) // 2
        self.offset_ms = there_ms - here_ms


class SessionLiveness:
    """Tells who lives from the sessions' locks; implements ``ports.Liveness``."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def dead(self, locks: Sequence[str]) -> list[str]:
        """Return those of the locks that nobody holds."""
        if not locks:
            return []
        rows = await self._reader.rows(SQL["free_locks"], list(locks))
        return [row[0] for row in rows]

    def forget(self, path: str) -> None:
        """Do nothing: the row is all there was."""


class StoreClock:
    """This machine's clock, set to the database's; implements ``ports.Clock``."""

    def __init__(self, clock: Clock, presence: Presence) -> None:
        self._clock = clock
        self._presence = presence

    def now_ms(self) -> int:
        """Return the database's Unix time in milliseconds, as far as it is known."""
        return self._clock.now_ms() + self._presence.offset_ms

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return self._clock.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` seconds."""
        await self._clock.sleep(seconds)
