"""Who holds a POSIX lock on a byte of a file, asked of the kernel (fcntl(2), F_GETLK).

A process that closes any descriptor of a file gives up all its locks on that file, also
those of a library. So the file is opened once, and must be closed only after whatever
locks it in this process has ended.
"""

import fcntl
import os
import signal
import struct
import sys
from pathlib import Path

from mainstay.ports.write_lock import Sitter
from mainstay.system.process import look_at

# struct flock of 64-bit Linux: type, whence, start, length, pid.
_FLOCK = struct.Struct("hhqqi4x")
_IS_KNOWN = sys.platform == "linux" and sys.maxsize > 2**32


class LockHolder:
    """Implements ``ports.WriteLock``; sees nobody on systems other than 64-bit Linux.

    Args:
        path: the file that is locked; it exists while the lock can be held.
        byte: the position of the lock in it.
    """

    def __init__(self, path: Path, byte: int) -> None:
        self._path = path
        self._byte = byte
        self._fd: int | None = None

    def holder(self) -> Sitter | None:
        """Return another process that holds the lock now."""
        if not _IS_KNOWN:
            return None
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, self._byte, 1, 0)
        try:
            answer = fcntl.fcntl(self._open(), fcntl.F_GETLK, asked)
        except FileNotFoundError:
            return None
        kind, _, _, _, pid = _FLOCK.unpack(answer)
        # A holder in another container's process namespace is shown as 0.
        return None if kind == fcntl.F_UNLCK or pid <= 0 else look_at(pid)

    def kill(self, seen: Sitter) -> bool:
        """Kill the holder if it is still as it was seen."""
        try:
            # Taken before the last look: it cannot mean a later process of that id.
            handle = os.pidfd_open(seen.pid)
        except ProcessLookupError:
            return False
        try:
            if self.holder() != seen:
                return False
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True

    def close(self) -> None:
        """Close the file, after the store; may be repeated."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        return self._fd
