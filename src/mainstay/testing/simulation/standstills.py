"""For how long each process has been blocked."""

from collections.abc import Callable

from mainstay.testing.simulation.process import Process


class Standstills:
    """Notes since when the event loop of a process stands still.

    Args:
        now_s: simulated time.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._since_s: dict[str, float] = {}

    def note(self, process: Process) -> None:
        """Take a process whose state has changed."""
        if process.state == "blocked":
            self._since_s[process.id] = self._now_s()
        else:
            self._since_s.pop(process.id, None)

    def lasts_s(self, owner: str) -> float:
        """Return the seconds; 0 for a process that is not blocked."""
        since_s = self._since_s.get(owner)
        return 0.0 if since_s is None else self._now_s() - since_s
