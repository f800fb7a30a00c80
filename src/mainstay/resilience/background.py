"""Something that goes on in the background."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

AGAIN_S = 1.0
"""How long one cancellation may take before it is taken for lost, seconds."""


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
            await end(task)


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it is over.

    Once is not enough: up to Python 3.11 ``asyncio.wait_for``, which clients of servers
    use, drops a cancellation that comes together with its result (python/cpython, issue
    86296), and what goes on for ever would do so.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)
