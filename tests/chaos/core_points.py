"""Points at which a life can be made to end: statements, and calls of the outside."""

import os
import signal
from typing import Any


class Points:
    """Counts the points of a life, and ends it by SIGKILL at the one chosen.

    Args:
        at: its number, from 1; None for none.
        log: a file that takes the points' names, one a line.
    """

    def __init__(self, at: int | None, log: str) -> None:
        self._at = at
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._n = 0
        self.armed = False

    def reach(self, name: str) -> None:
        """Pass a point or end here."""
        if self.armed:
            self._n += 1
            os.write(self._log, f"{name}\n".encode())
            if self._n == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


class Outside:
    """A port whose calls are points before and after."""

    def __init__(self, port: Any, points: Points) -> None:
        self._port, self._points = port, points

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._port, name)
        if name != "call":
            return inner

        async def call(*args: Any) -> Any:
            self._points.reach("before a call")
            outcome = await inner(*args)
            self._points.reach("after a call")
            return outcome

        return call
