"""A pulse: work done again and again beside the event loop, whatever that does."""

import asyncio
import threading
from collections.abc import Callable
from typing import Protocol


class Pulse(Protocol):
    """Does one piece of work after each pause, from ``start`` to ``stop``."""

    def start(self, pause_s: float, work: Callable[[], None]) -> None:
        """Begin; the first round comes after the first pause of ``pause_s`` seconds.

        The work deals with its own faults, and may run beside the event loop.
        """
        ...

    async def stop(self) -> None:
        """Return when no round runs any more, and none will; may be repeated."""
        ...


class ThreadPulse:
    """A pulse on a thread of its own: a blocked loop does not stop it."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pause_s: float, work: Callable[[], None]) -> None:
        """Begin to beat."""
        self._thread = threading.Thread(
            target=self._beat, args=(pause_s, work), name="leases", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Let a running round end, and make no other."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _beat(self, pause_s: float, work: Callable[[], None]) -> None:
        while not self._stop.wait(pause_s):
            work()
