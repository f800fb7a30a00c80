"""The store's one write lock, and a stopped process that sits on it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sitter:
    """A process as it was seen; two looks are equal when it did not run between them.

    Args:
        pid: its process id.
        started: when it started, in the kernel's ticks since boot; with ``pid`` it
            names one process for ever.
        stopped: whether it is stopped by a signal or a debugger.
        ran: processor time that it has used, in the kernel's ticks.
    """

    pid: int
    started: int
    stopped: bool
    ran: int


class WriteLock(Protocol):
    """Tells who holds the lock that every writer needs, and can free it by force."""

    def holder(self) -> Sitter | None:
        """Return another process that holds it now; None if none does, or none is seen.

        Never waits, and never takes the lock.
        """
        ...

    def kill(self, seen: Sitter) -> bool:
        """Kill the holder if it is still as it was ``seen``; return whether it was.

        Raises:
            OSError: the kernel does not let this process do that.
        """
        ...
