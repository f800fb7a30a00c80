"""Wakes after a commit: sent if the queue takes them, noted if it does not."""

import asyncio
from collections.abc import Iterable

from mainstay.domain.wake import Wake
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.ports.telemetry import Trouble


class Wakes:
    """Publishes wakes; without them workers find the work in the store.

    Args:
        deps: the queue, and who takes troubles.
        options: how long the queue may take.
    """

    def __init__(self, deps: GatewayDeps, options: GatewayOptions) -> None:
        self._queue = deps.queue
        self._telemetry = deps.telemetry
        self._timeout_s = options.publish_timeout_s

    async def send(self, conversation_ids: Iterable[str]) -> None:
        """Publish one wake a conversation; never raises, never takes long."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._queue.publish([Wake(id_) for id_ in conversation_ids])
        except Exception as error:  # noqa: BLE001 - whatever the broker's client raises
            self._telemetry.emit(
                Trouble("gateway.publish", f"{type(error).__name__}: {error}")
            )
