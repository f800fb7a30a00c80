"""What is asked of a server that may be away: never an error, never a long wait."""

import asyncio
import math
from collections.abc import Awaitable, Sequence
from typing import Any, Literal, Protocol

from mainstay.caches.redis.connection import CONNECT_S, CacheUnreachable
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import CacheStateChanged, Telemetry
from mainstay.resilience.every import Every

State = Literal["up", "down", "slow"]

PROBE_PAUSE_S = 1.0
LATE_IN_A_ROW = 3
"""So many late answers one after the other are the server's, not a busy loop's. Calls
that waited at the same time count once: a loop that stalls makes all of them late."""


class Asked(Protocol):
    """A way to a server: ``caches.redis.connection.Connection``, or a fake."""

    def ask(self, *words: str | bytes | int) -> Awaitable[Any]:
        """Return the answer to one command, or raise ``CacheUnreachable``."""
        ...

    def run(self, name: str, keys: Sequence[str], *args: str | int) -> Awaitable[Any]:
        """Return what a script returns, or raise ``CacheUnreachable``."""
        ...

    def close(self) -> Awaitable[None]:
        """Close it."""
        ...


class Link:
    """Asks while the server answers in time; once it does not, nobody waits for it.

    A failure, or three late answers in a row, cut the link: whatever is asked then has
    no answer at once. A probe in the background, once a second, restores it. Thus a
    server that is gone, stopped or slow costs a few callers the time-out, once.

    Args:
        way: to the server.
        timeout_s: seconds an answer may take.
        telemetry: is told when the link is cut and when it is restored.
        clock: for the pauses between probes.

    Raises:
        ValueError: ``timeout_s`` is not greater than 0.
    """

    def __init__(
        self, way: Asked, timeout_s: float, telemetry: Telemetry, clock: Clock
    ) -> None:
        if not timeout_s > 0:
            raise ValueError(f"timeout_s must be greater than 0, not {timeout_s}")
        self._way = way
        self._timeout_s = timeout_s
        self._telemetry = telemetry
        self._state: State | None = None
        self._running = False
        self._clock = clock
        self._late = 0
        self._late_s = -math.inf
        self._left: set[asyncio.Future[Any]] = set()
        self._probes = Every(PROBE_PAUSE_S, self.probe, clock)

    @property
    def is_up(self) -> bool:
        """Whether anything is asked at all."""
        return self._state == "up"

    async def start(self) -> None:
        """Connect if the server is there, and keep looking whether it is."""
        self._running = True
        await self.probe()
        await self._probes.start()

    async def stop(self) -> None:
        """Close all connections; nothing has an answer from here on."""
        self._running, self._state = False, None
        await self._probes.stop()
        await self._way.close()

    async def ask(self, *words: str | bytes | int) -> Any:
        """Return the answer to a command; None when there is none, or it is nil."""
        return await self._in_time(self._way.ask(*words)) if self.is_up else None

    async def run(self, name: str, keys: Sequence[str], *args: str | int) -> Any:
        """Return what a script returns; None when there is no answer."""
        if not self.is_up:
            return None
        return await self._in_time(self._way.run(name, keys, *args))

    async def probe(self) -> None:
        """Look whether the server answers, and then whether it does so in time."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._way.ask("PING")
        except TimeoutError:
            self._enter("slow", f"no answer within {CONNECT_S:g} s")
        except CacheUnreachable as error:
            self._enter("down", str(error))
        else:
            if await self._in_time(self._way.ask("PING")) is not None:
                self._enter("up")
            elif self._state is None:
                self._enter("slow", self._too_late)

    async def _in_time(self, asked: Awaitable[Any]) -> Any:
        # Left behind when it is late: a client may take longer to be cancelled.
        asking, asked_s = asyncio.ensure_future(asked), self._clock.monotonic_s()
        try:
            await asyncio.wait([asking], timeout=self._timeout_s)
        finally:
            if not asking.done():
                self._leave(asking)
        if not asking.done() or asking.cancelled():
            self._count_late(asked_s)
            return None
        try:
            answer = asking.result()
        except CacheUnreachable as error:
            self._enter("down", str(error))
            return None
        self._late = 0
        return answer

    def _count_late(self, asked_s: float) -> None:
        if asked_s < self._late_s:
            return
        self._late_s = self._clock.monotonic_s()
        self._late += 1
        if self._late >= LATE_IN_A_ROW and self.is_up:
            self._enter("slow", self._too_late)

    def _leave(self, asking: asyncio.Future[Any]) -> None:
        """Let it end by itself; the client bounds how long that takes."""
        self._left.add(asking)
        asking.add_done_callback(self._gone)
        asking.cancel()

    def _gone(self, asking: asyncio.Future[Any]) -> None:
        self._left.discard(asking)
        if not asking.cancelled():
            asking.exception()  # it is late; whatever it was is of no use now

    @property
    def _too_late(self) -> str:
        return f"no answer within {self._timeout_s:g} s"

    def _enter(self, state: State, detail: str = "") -> None:
        if self._running and state != self._state:
            self._state = state
            self._telemetry.emit(CacheStateChanged(state, detail))
