"""Something that goes on in the background."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Background:
    """Work that goes on beside all else, from ``start`` to ``stop``.

    Args:
        work: goes on until it is cancelled; must deal with its own faults.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start; may be repeated."""
        if self._task is None:
            self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Stop, in the middle of the work if need be; may be repeated."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
