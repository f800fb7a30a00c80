"""News between processes: which conversations changed, and replies in the making.

Sent by NOTIFY in a transaction of its own: within the commit that it tells of it would
hold a lock that all commits with news share
(https://www.postgresql.org/docs/current/sql-notify.html). News that got lost are made
up for: who could not send tells all to look, who could not hear looks.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from mainstay.domain.event import Delta
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.background import Background
from mainstay.stores.postgres.connection import Address, connect, translated

if TYPE_CHECKING:
    from mainstay.stores.postgres.driver import Connection

NOTIFY = "SELECT pg_notify('mainstay', $1)"
MAX_BYTES = 7_900
"""A payload must be shorter than 8000 bytes."""

MAX_PENDING = 5_000
MAX_IDS = 100
GAP_S = 0.02
"""Between two sendings: what gathers meanwhile goes together."""

RETRY_S = 0.5
SILENT_S = 2.0
"""A session that says nothing for so long is made anew; what waits would be stale."""


class Bulletin(msgspec.Struct, omit_defaults=True):
    """One notification.

    Args:
        sender: the process; it does not listen to itself.
        changed: conversations with new events.
        any: whether any conversation may have some: news got lost.
        due: whether there may be new work.
        sought: conversations whose deltas the sender would like to have.
        deltas: (conversation, turn, attempt, n, text) of each piece.
    """

    sender: str
    changed: list[str] = []
    any: bool = False
    due: bool = False
    sought: list[str] = []
    deltas: list[tuple[str, str, int, int, str]] = []


class News:
    """Gathers what is to be told and sends it; reads what others told.

    Args:
        address: the database.
        sender: this process.
        on_bulletin: called on the loop with each bulletin of others.
        clock: for pauses.
        telemetry: is told when nothing can be sent.
    """

    def __init__(
        self,
        address: Address,
        sender: str,
        on_bulletin: Callable[[Bulletin], None],
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._address = address
        self._sender = sender
        self._on_bulletin = on_bulletin
        self._clock = clock
        self._telemetry = telemetry
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Bulletin)
        self._changed: set[str] = set()
        self._sought: set[str] = set()
        self._due = False
        self._lost = False
        self._deltas: deque[Delta] = deque(maxlen=MAX_PENDING)
        self._anything = asyncio.Event()
        self._connection: Connection | None = None
        self._sending = Background(self._send_all)

    async def start(self) -> None:
        """Start to send; may be repeated."""
        await self._sending.start()

    async def stop(self) -> None:
        """Stop sending; may be repeated."""
        await self._sending.stop()
        self._disconnect()

    def changed(self, conversation_ids: set[str]) -> None:
        """Tell that conversations have new events."""
        if len(self._changed) < MAX_PENDING:
            self._changed |= conversation_ids
        else:
            self._lost = True
        self._anything.set()

    def due(self) -> None:
        """Tell that there may be new work."""
        self._due = True
        self._anything.set()

    def seek(self, conversation_id: str) -> None:
        """Ask for the deltas of a conversation."""
        if len(self._sought) < MAX_PENDING:
            self._sought.add(conversation_id)
        self._anything.set()

    def say(self, delta: Delta) -> None:
        """Pass a piece of a reply on; past 5,000 that wait, the oldest is dropped."""
        self._deltas.append(delta)
        self._anything.set()

    def hear(self, payload: str) -> None:
        """Take a notification; what cannot be read is another version's."""
        try:
            bulletin = self._decoder.decode(payload)
        except msgspec.DecodeError:
            return
        if bulletin.sender != self._sender:
            self._on_bulletin(bulletin)

    def missed(self) -> None:
        """Take it that others may have told of anything."""
        self._on_bulletin(Bulletin("", any=True, due=True))

    async def _send_all(self) -> None:
        while True:
            await self._anything.wait()
            self._anything.clear()
            while payload := self._next():
                try:
                    await self._send(payload)
                except Exception as error:  # noqa: BLE001 - news must go on
                    self._telemetry.emit(Trouble("news", str(error)))
                    self._lost = True
                    await self._clock.sleep(RETRY_S)
            await self._clock.sleep(GAP_S)

    async def _send(self, payload: str) -> None:
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._address)
                # Nothing here is worth a wait for the disk.
                await self._connection.execute("SET synchronous_commit = off")
            await self._connection.fetchval(NOTIFY, payload, timeout=SILENT_S)
        except Exception as error:
            self._disconnect()
            raise translated(error) from error

    def _next(self) -> str:
        """Take as much as one notification holds, "" when nothing is left."""
        told = Bulletin(self._sender, any=self._lost, due=self._due or self._lost)
        self._due = self._lost = False
        told.changed = [self._changed.pop() for _ in range(_share(self._changed))]
        told.sought = [self._sought.pop() for _ in range(_share(self._sought))]
        room = MAX_BYTES - len(self._encoder.encode(told))
        while self._deltas:
            one = self._deltas[0]
            row = (one.conversation_id, one.turn_id, one.attempt, one.n, one.text)
            room -= len(self._encoder.encode(row)) + 1
            if room < 0 and told.deltas:
                break
            self._deltas.popleft()
            # A piece that is longer than a notification is left to the reply itself.
            told.deltas += [row] if room >= 0 else []
        empty = not (told.changed or told.due or told.sought or told.deltas)
        return "" if empty else self._encoder.encode(told).decode()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


def _share(ids: set[str]) -> int:
    """Return how many ids go into one notification: two hundred take 7 kB."""
    return min(len(ids), MAX_IDS)
