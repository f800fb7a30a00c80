"""Whether a process lives, as the kernel or the server knows it."""

from collections.abc import Sequence
from typing import Protocol


class Liveness(Protocol):
    """Tells from a lock that is freed when its holder dies."""

    async def dead(self, locks: Sequence[str]) -> list[str]:
        """Return those of the locks that nobody holds any more."""
        ...

    def forget(self, path: str) -> None:
        """Remove the lock of a dead process."""
        ...


class Identities(Protocol):
    """Tells which process of this machine took a lock."""

    def identity(self, path: str) -> tuple[int, int] | None:
        """Return process id and start of whoever took the lock; None if not known.

        The start is in the kernel's ticks since boot.
        """
        ...
