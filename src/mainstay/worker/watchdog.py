"""The watchdog: answers for dead workers, buries dead processes.

Runs in every gateway and worker process; any one of them is enough.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mainstay.agent.wording import holding
from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.leases import Leases
from mainstay.ports.liveness import Liveness
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Buried, Held, Telemetry, Trouble
from mainstay.ports.turn_events import EffectChanged, Escalated
from mainstay.ports.watch import Overdue, Watch
from mainstay.resilience.every import Every

LOOK_S = 0.5
BATCH = 500
FORGET_EVERY = 120
"""Looks between two sweeps of what has expired in the store: once a minute."""

PUBLISH_S = 1.0
"""How long the queue may keep customers from their holding replies."""

FORGET_PIECES = 10
"""Pieces in which one sweep drops earlier answers at most."""


@dataclass(slots=True)
class Watchdog:
    """Looks every 0.5 s for overdue turns and dead processes.

    Args:
        owner: this process; never buried by itself.
        watch: overdue turns.
        leases: dead processes' leases.
        liveness: who lives.
        queue: told when work became free.
        contact: where customers find help, or "".
        clock: time.
        telemetry: is told.
    """

    owner: str
    watch: Watch
    leases: Leases
    liveness: Liveness
    queue: Queue
    contact: str
    clock: Clock
    telemetry: Telemetry
    _looking: Every = field(init=False)
    _looks: int = 0
    _late_s: float = 0.0

    def __post_init__(self) -> None:
        self._looking = Every(LOOK_S, self._look_safely, self.clock)

    async def start(self) -> None:
        """Look once, then go on in the background."""
        await self._look_safely()
        await self._looking.start()

    async def stop(self) -> None:
        """Stop looking; may be repeated."""
        await self._looking.stop()

    @property
    def late_s(self) -> float:
        """How late the last holding replies were, in seconds, if there were many.

        0 while one look finds fewer than 500 to send: then the next one has none left.
        """
        return self._late_s

    async def look(self) -> None:
        """Bury dead processes, hold what is overdue, doubt what was abandoned.

        Whatever keeps the dead from being buried keeps no customer waiting.
        """
        await self._safely(self._bury)
        while await self._hold() == BATCH:
            pass
        await self._doubt()
        if self._looks % FORGET_EVERY == 0:
            await self.watch.forget()
            await self._forget_answers()
        self._looks += 1

    async def _look_safely(self) -> None:
        await self._safely(self.look)

    async def _safely(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except StoreUnavailable as error:
            self.telemetry.emit(Trouble("watchdog", str(error)))
        except Exception as error:  # noqa: BLE001 - the watchdog must outlive any fault
            self.telemetry.emit(Trouble("watchdog", repr(error)))

    async def _bury(self) -> None:
        others = {
            path: owner
            for owner, path in await self.leases.enlisted()
            if owner != self.owner
        }
        wakes: list[Wake] = []
        try:
            for path in await self.liveness.dead(list(others)):
                freed = await self.leases.bury(others[path])
                self.liveness.forget(path)
                self.telemetry.emit(Buried(others[path], len(freed)))
                wakes += [Wake(id_) for id_ in freed]
        finally:
            await self._wake(wakes)

    async def _doubt(self) -> None:
        if count := await self.watch.doubt_abandoned():
            self.telemetry.emit(EffectChanged("", "other", "unknown", count))
            self.telemetry.emit(Escalated("", "doubt", count))

    async def _wake(self, wakes: Sequence[Wake]) -> None:
        """Publish what became free; workers find it in the store in any case."""
        if not wakes:
            return
        try:
            async with asyncio.timeout(PUBLISH_S):
                await self.queue.publish(wakes)
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises
            told = f"{type(error).__name__}: {error}"
            self.telemetry.emit(Trouble("watchdog.publish", told))

    async def _forget_answers(self) -> None:
        """Drop earlier answers, but not so many that customers would wait."""
        for _ in range(FORGET_PIECES):
            if not await self.watch.forget_answers():
                return

    async def _hold(self) -> int:
        late = await self.watch.overdue(BATCH)
        self._late_s = self._lateness_s(late)
        held = await asyncio.gather(*(self._hold_one(one) for one in late))
        return sum(held)

    def _lateness_s(self, late: Sequence[Overdue]) -> float:
        if len(late) < BATCH:
            return 0.0
        return (self.clock.now_ms() - late[0].turn.answer_by_ms) / 1000

    async def _hold_one(self, overdue: Overdue) -> bool:
        done = [e for e in overdue.effects if e.state != "failed"]
        began_s = self.clock.monotonic_s()
        turn = overdue.turn
        written = await self.watch.hold(turn, holding(self.contact, done))
        if written:
            ms = 1000 * (self.clock.monotonic_s() - began_s)
            since_accept_ms = self.clock.now_ms() - turn.accepted_at_ms
            self.telemetry.emit(Held(turn.id, ms, turn, since_accept_ms))
            self.telemetry.emit(Escalated(turn.id, "overdue"))
        return written
