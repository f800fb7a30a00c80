"""A lock that the kernel frees when its holder dies (flock)."""

import fcntl
import os
from pathlib import Path


class LivenessLock:
    """Held for as long as this process lives.

    Args:
        folder: where lock files are; made if missing.
        owner: this process.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self.path = folder / f"{owner}.lock"
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock; children do not inherit it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self) -> None:
        """Give the lock back and remove its file; may be repeated."""
        if self._fd is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = None


class FlockLiveness:
    """Tells who lives from their locks."""

    def is_dead(self, path: str) -> bool:
        """Tell whether nobody holds the lock; a missing file means the same."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(fd)
        return True

    def forget(self, path: str) -> None:
        """Remove the lock file of a dead process."""
        Path(path).unlink(missing_ok=True)
