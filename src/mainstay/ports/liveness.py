"""Whether a process lives, as the kernel or the server knows it."""

from typing import Protocol


class Liveness(Protocol):
    """Tells from a lock that is freed when its holder dies."""

    def is_dead(self, path: str) -> bool:
        """Tell whether nobody holds the lock at ``path`` any more."""
        ...

    def identity(self, path: str) -> tuple[int, int] | None:
        """Return process id and start of whoever took the lock; None if not known.

        The start is in the kernel's ticks since boot.
        """
        ...

    def forget(self, path: str) -> None:
        """Remove the lock of a dead process."""
        ...
