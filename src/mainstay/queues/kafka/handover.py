"""From a client's thread to the event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVarTuple

Args = TypeVarTuple("Args")


class HandOver:
    """Calls on the event loop that runs where it is made; from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def __call__(self, work: Callable[[*Args], object], *args: *Args) -> None:
        """Have the work called soon; after the loop's end, never."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work, *args)
