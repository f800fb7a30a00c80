"""A lock that the kernel frees when its holder dies, however it dies (flock(2))."""

import fcntl
import os
import weakref
from collections.abc import Sequence
from pathlib import Path

from mainstay.domain.errors import Conflict
from mainstay.system.process import look_at


class LivenessLock:
    """Held for as long as this process lives; a stopped process still holds it.

    The lock belongs to the open file, so a child that kept it open would keep its dead
    parent alive: it is closed at exec and, by a hook, at a bare fork.

    Args:
        folder: where lock files are, on a local file system; made if missing.
        owner: this process's name, unique among those that live.
    """

    def __init__(self, folder: Path, owner: str) -> None:
        self.path = folder / f"{owner}.lock"
        self._owner = owner
        self._fd: int | None = None
        this = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _disown(this()))

    def acquire(self) -> None:
        """Make the file and take its lock; may be repeated.

        Raises:
            Conflict: another process holds it under the same name.
        """
        if self._fd is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = self._locked()

    def release(self) -> None:
        """Remove the file and free the lock; may be repeated."""
        if self._fd is not None:
            self.path.unlink(missing_ok=True)
            self.disown()

    def disown(self) -> None:
        """Close the file and leave it where it is; may be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _locked(self) -> int:
        while True:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(fd)
                raise Conflict(
                    f"a process named {self._owner} runs already: {self.path}"
                ) from error
            # Between open and flock, a burial may have removed the dead one's file.
            if os.fstat(fd).st_nlink:
                _sign(fd)
                return fd
            os.close(fd)


class FlockLiveness:
    """Tells who lives from their locks; implements ``ports.Liveness``."""

    async def dead(self, locks: Sequence[str]) -> list[str]:
        """Return those of the lock files that nobody holds any more."""
        return [path for path in locks if self.is_dead(path)]

    def is_dead(self, path: str) -> bool:
        """Tell whether nobody holds the lock; a missing file means the same."""
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            # Shared: two that look at once do not take each other for the holder.
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(fd)
        return True

    def identity(self, path: str) -> tuple[int, int] | None:
        """Return process id and start of whoever took the lock; None if not known."""
        try:
            signed = Path(path).read_text("ascii").split()
        except FileNotFoundError:
            return None
        # A process that is just starting has not signed yet.
        return (int(signed[0]), int(signed[1])) if len(signed) == 2 else None  # noqa: PLR2004 - both or none

    def forget(self, path: str) -> None:
        """Remove the lock file of a dead process; may be repeated."""
        Path(path).unlink(missing_ok=True)


def _sign(fd: int) -> None:
    """Write who holds the lock; a system without /proc leaves it unsigned."""
    me = look_at(os.getpid())
    if me is not None:
        os.ftruncate(fd, 0)
        os.write(fd, f"{me.pid} {me.started}\n".encode())


def _disown(lock: LivenessLock | None) -> None:
    if lock is not None:
        lock.disown()
