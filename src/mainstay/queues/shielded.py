"""Work that goes on when the one who waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from mainstay.ports.telemetry import Telemetry, Trouble


class Shielded:
    """Runs work to its end; what nobody waits for any more is told when it fails.

    Args:
        where: whose work it is, as telemetry names it.
        telemetry: is told.
    """

    def __init__(self, where: str, telemetry: Telemetry) -> None:
        self._where = where
        self._telemetry = telemetry
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work and raise what it raises; a cancel only ends the waiting."""
        task = self._begun(work)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(self._note)
            raise

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work in the background."""
        self._begun(work).add_done_callback(self._note)

    async def stop(self, within_s: float) -> None:
        """Return when all is done, or cancelled after ``within_s`` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
        for task in self._tasks:
            task.cancel()

    def _begun(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _note(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._telemetry.emit(Trouble(self._where, str(error)))
