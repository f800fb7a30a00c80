"""Wakes after a commit: sent if the queue takes them, noted if it does not."""

import asyncio
from collections.abc import Iterable, Sequence

from mainstay.domain.trace import Trace
from mainstay.domain.wake import Wake
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.ports.telemetry import Trouble
from mainstay.ports.trace_events import WakeSent


class Wakes:
    """Publishes wakes; without them workers find the work in the store.

    Args:
        deps: the queue, and who takes troubles.
        options: how long the queue may take.
    """

    def __init__(self, deps: GatewayDeps, options: GatewayOptions) -> None:
        self._queue = deps.queue
        self._telemetry = deps.telemetry
        self._clock = deps.clock
        self._timeout_s = options.publish_timeout_s

    async def send(self, conversation_ids: Iterable[str]) -> None:
        """Publish one wake a conversation; never raises, never takes long."""
        await self._publish([Wake(id_) for id_ in conversation_ids])

    async def send_for(self, conversation_id: str, trace: Trace | None) -> None:
        """Publish the wake of a message, as a span of its trace; the same else."""
        if trace is None or not trace.sampled:
            await self.send([conversation_id])
            return
        began_s = self._clock.monotonic_s()
        wake = Wake(conversation_id, traceparent=trace.traceparent)
        error = await self._publish([wake])
        ms = 1000 * (self._clock.monotonic_s() - began_s)
        self._telemetry.emit(WakeSent(conversation_id, ms, error, trace))

    async def _publish(self, wakes: Sequence[Wake]) -> str:
        """Return what went wrong, the type of an exception, or ""."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._queue.publish(wakes)
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises
            name = type(error).__name__
            self._telemetry.emit(Trouble("gateway.publish", f"{name}: {error}"))
            return name
        return ""
