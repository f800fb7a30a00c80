"""The wakes of running turns: kept as long as the queue wants, then acked."""

from collections.abc import Sequence

from mainstay.domain.wake import Wake
from mainstay.ports.clock import Clock
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.resilience.every import Every


class KeptWakes:
    """Keeps a wake while its turn runs, where the queue sends unacked ones again.

    What cannot be told to the queue costs a wake that comes twice: it is noted.

    Args:
        queue: whose wakes these are.
        clock: for extending them.
        telemetry: is told of trouble.
    """

    def __init__(self, queue: Queue, clock: Clock, telemetry: Telemetry) -> None:
        self._queue = queue
        self._telemetry = telemetry
        self._kept: dict[str, list[Wake]] = {}
        able = queue.capabilities
        self._holds = able.holds
        self._extending = None
        if able.holds and able.extend_every_s != float("inf"):
            self._extending = Every(able.extend_every_s, self._extend, clock)

    async def start(self) -> None:
        """Start to extend what is kept."""
        if self._extending is not None:
            await self._extending.start()

    async def stop(self) -> None:
        """Stop extending; may be repeated."""
        if self._extending is not None:
            await self._extending.stop()

    async def settle(self, wakes: Sequence[Wake], claimed: set[str]) -> None:
        """Keep the wakes of claimed conversations; ack those that brought no work.

        A conversation that somebody else holds is his, also with what came meanwhile.
        """
        done: list[Wake] = []
        for wake in wakes:
            if self._holds and wake.conversation_id in claimed:
                self._kept.setdefault(wake.conversation_id, []).append(wake)
            else:
                done.append(wake)
        await self._ack(done)

    async def end(self, conversation_id: str) -> None:
        """Ack the wakes of a turn that ended."""
        await self._ack(self._kept.pop(conversation_id, []))

    async def give_back(self, wakes: Sequence[Wake]) -> None:
        """Release wakes whose conversations could not be claimed."""
        try:
            await self._queue.release(wakes, 0)
        except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
            self._telemetry.emit(Trouble("queue.release", repr(error)))

    async def _ack(self, wakes: Sequence[Wake]) -> None:
        if not wakes:
            return
        try:
            await self._queue.ack(wakes)
        except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
            self._telemetry.emit(Trouble("queue.ack", repr(error)))

    async def _extend(self) -> None:
        kept = [wake for wakes in self._kept.values() for wake in wakes]
        if not kept:
            return
        try:
            await self._queue.extend(kept)
        except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
            self._telemetry.emit(Trouble("queue.extend", repr(error)))
