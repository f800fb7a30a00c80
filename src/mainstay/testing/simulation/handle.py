"""A callback that waits on the simulated loop, and whose it is."""

from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from mainstay.testing.simulation.process import ON_THREAD, PROCESS, Process


class Handle:
    """A callback that waits for its turn; knows the process it belongs to."""

    __slots__ = ("_args", "_callback", "_context", "_when_s", "gone")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
        when_s: float,
    ) -> None:
        self._callback = callback
        self._args = args
        self._context = copy_context() if context is None else context
        self._when_s = when_s
        self.gone = False

    def cancel(self) -> None:
        """Do not run it."""
        self.gone = True

    def cancelled(self) -> bool:
        """Tell whether it was cancelled."""
        return self.gone

    def when(self) -> float:
        """Return the simulated time at which it is due."""
        return self._when_s

    @property
    def process(self) -> Process | None:
        """Whose it is."""
        return self._context.get(PROCESS)

    @property
    def on_thread(self) -> bool:
        """Whether it runs beside the process's event loop."""
        return self._context.get(ON_THREAD, False)

    def run(self) -> None:
        """Run it."""
        self._context.run(self._callback, *self._args)
