"""The thread that renews leases, in a simulated process."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context

from mainstay.testing.simulation.process import ON_THREAD


class SimulatedPulse:
    """Implements ``worker.pulse.Pulse``: goes on while the event loop is blocked."""

    def __init__(self) -> None:
        self._stopped = False
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._context.run(ON_THREAD.set, True)

    def start(self, pause_s: float, work: Callable[[], None]) -> None:
        """Begin to beat."""

        def beat() -> None:
            if not self._stopped:
                work()
                self._loop.call_later(pause_s, beat, context=self._context)

        self._loop.call_later(pause_s, beat, context=self._context)

    async def stop(self) -> None:
        """Beat no more."""
        self._stopped = True
