"""Standard error that nobody reads: what it does not take at once is lost, and told.

A write to a full pipe waits until somebody reads, and all that its process does waits
with it. Marking the pipe as one that never waits would mark it for all who share it.
"""

import errno
import io
import os
import select
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import TextIO

from typing_extensions import Buffer, override

Taker = Callable[[bytes], int]
"""Takes some of the bytes, and says how many; BlockingIOError when it would wait."""


def spilling(stream: TextIO | None) -> TextIO:
    """Return a stream to the same place that never waits.

    Text that would have to is lost with BlockingIOError. A file on a disk and what has
    no descriptor are returned as they are. None is what Python has for a standard error
    that was closed: nothing is written then.
    """
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    spill = _spill_of(stream)
    if spill is None:
        return stream
    return io.TextIOWrapper(
        spill, encoding=stream.encoding, errors=stream.errors, write_through=True
    )


def unheard(stream: TextIO) -> TextIO:
    """Return a stream beside what ``spilling`` returned, for who expects no error.

    A tool that prints must not fail because nobody reads: its text is lost in silence.
    """
    spill = _spill_of(stream)
    return stream if spill is None else Unheard(spill, stream)


def _spill_of(stream: TextIO) -> "Spill | None":
    spill = getattr(stream, "buffer", None)
    if isinstance(spill, Spill):
        return spill
    try:
        fd = stream.fileno()
        take = taker_of(fd)
    except OSError:
        return None
    return None if take is None else Spill(take, fd)


class Unheard(io.TextIOWrapper):
    """Writes line by line, as Python's own does: ``print`` gives a line in pieces.

    Args:
        spill: takes them.
        like: whose encoding it has.
    """

    def __init__(self, spill: "Spill", like: TextIO) -> None:
        super().__init__(
            spill, encoding=like.encoding, errors=like.errors, line_buffering=True
        )

    @override
    def write(self, text: str, /) -> int:
        """Take a text."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    @override
    def flush(self) -> None:
        """Write what is no whole line yet."""
        with suppress(OSError):
            super().flush()


class Spill(io.RawIOBase):
    """Takes a whole line or none of it, and so no line is ever half another one.

    Only one of more than 4096 bytes may be parted, by another process's, where both
    write to one pipe that is full.

    Args:
        take: what never waits.
        fd: where it goes.
    """

    def __init__(self, take: Taker, fd: int) -> None:
        self._take = take
        self._fd = fd
        self._rest = b""
        self._lock = RLock()

    @override
    def write(self, data: Buffer) -> int:
        """Take a line.

        Raises:
            BlockingIOError: nobody reads; it is lost.
            OSError: it cannot be taken.
        """
        line = bytes(data)
        with self._lock:
            if self._rest:
                self._rest = self._untaken(self._rest)
            rest = line if self._rest else self._untaken(line)
            if rest and len(rest) == len(line):
                raise BlockingIOError(errno.EAGAIN, "nobody reads it")
            self._rest = self._rest or rest
        return len(line)

    def _untaken(self, data: bytes) -> bytes:
        """Return what is left of data."""
        while data:
            try:
                taken = self._take(data)
            except BlockingIOError:
                break
            data = data[taken:]
        return data

    @override
    def close(self) -> None:
        """Stay open: it has several streams, and each would close it at its end."""

    @override
    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    @property
    def name(self) -> int:
        """What a stream without a file's name is called by: the descriptor."""
        return self._fd

    @override
    def fileno(self) -> int:
        """Return the descriptor."""
        return self._fd

    @override
    def isatty(self) -> bool:
        """Tell whether a person reads it."""
        return os.isatty(self._fd)


def taker_of(fd: int) -> Taker | None:
    """Return what takes bytes for a descriptor and never waits; None for a file."""
    mode = os.fstat(fd).st_mode
    if stat.S_ISSOCK(mode):
        return sent(fd)
    if not stat.S_ISFIFO(mode) and not stat.S_ISCHR(mode):
        return None
    with suppress(OSError):
        return reopened(fd)
    return polled(fd)


def sent(fd: int) -> Taker:
    """Send to a socket, as the journal's is."""
    taking = socket.socket(fileno=os.dup(fd))
    return lambda data: taking.send(data, socket.MSG_DONTWAIT)


def reopened(fd: int) -> Taker:
    """Open a pipe or terminal once more, for this process alone (Linux, proc(5)).

    Raises:
        OSError: it cannot be: another user's, or another system.
    """
    ours = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    return lambda data: os.write(ours, data)


def polled(fd: int) -> Taker:
    """Ask before each write; it can wait yet when another process was faster."""
    asked = select.poll()
    asked.register(fd, select.POLLOUT)

    def take(data: bytes) -> int:
        if not asked.poll(0):
            raise BlockingIOError(errno.EAGAIN, "nobody reads it")
        # So much a pipe is sure to take when it may be written to.
        return os.write(fd, data[: select.PIPE_BUF])

    return take
