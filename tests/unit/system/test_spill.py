"""Standard error that nobody reads."""

import fcntl
import io
import os
import socket
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TextIO

import pytest

from mainstay.system.spill import (
    Spill,
    Taker,
    polled,
    reopened,
    sent,
    spilling,
    unheard,
)

ENOUGH = 3_000
LONG = "x" * 6_000
"""More than a pipe takes at once."""


@pytest.fixture
def pipe() -> Generator[tuple[int, int]]:
    """Return the ends of a small pipe: to read, and to write."""
    reads, writes = os.pipe()
    fcntl.fcntl(writes, fcntl.F_SETPIPE_SZ, 8192)
    yield reads, writes
    os.close(reads)
    os.close(writes)


def fill(stream: TextIO, line: str = "a line") -> int:
    """Write numbered lines until one is lost; return how many were taken."""
    for number in range(ENOUGH):
        try:
            stream.write(f"{number} {line}\n")
        except BlockingIOError:
            return number
    raise AssertionError("it takes for ever")


def text(take: Taker, fd: int) -> io.TextIOWrapper:
    """Return a stream on it."""
    return io.TextIOWrapper(Spill(take, fd), encoding="utf-8", write_through=True)


@pytest.mark.parametrize("how", [reopened, polled])
@pytest.mark.parametrize("line", ["a line", LONG])
@pytest.mark.timeout(20)
def test_a_line_that_nobody_reads_is_lost_and_no_other_damaged(
    how: Callable[[int], Taker], line: str, pipe: tuple[int, int]
) -> None:
    """Writes never wait; each line that was taken arrives whole, also later ones."""
    reads, writes = pipe
    stream = text(how(writes), writes)
    taken = fill(stream, line)
    assert taken > 0
    got = os.read(reads, 100_000)
    stream.write("the reader is back\n")
    got += os.read(reads, 100_000)
    lines = got.decode().splitlines()
    assert lines == [*(f"{n} {line}" for n in range(taken)), "the reader is back"]


@pytest.mark.timeout(20)
def test_a_socket_is_never_waited_for() -> None:
    """The journal's is one."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        stream = text(sent(ours.fileno()), ours.fileno())
        taken = fill(stream, LONG)
        assert taken > 0
        assert os.get_blocking(ours.fileno())


def test_who_shares_the_pipe_may_still_wait(pipe: tuple[int, int]) -> None:
    """The shell's other commands would fail, not wait, on one marked for all."""
    _, writes = pipe
    with os.fdopen(writes, "w", closefd=False) as given:
        stream = spilling(given)
        assert stream is not given
        stream.write("hello\n")
    assert os.get_blocking(writes)


def test_a_file_is_left_as_it_is(tmp_path: Path) -> None:
    """A disk takes or refuses; its position is the stream's own."""
    with (tmp_path / "log").open("w") as file:
        assert spilling(file) is file
    plain = io.StringIO()
    assert spilling(plain) is plain


def test_a_reader_that_went_is_told_as_ever(pipe: tuple[int, int]) -> None:
    """An error of its own, which the log counts as it does the other."""
    reads, writes = pipe
    stream = text(reopened(writes), writes)
    os.dup2(os.open(os.devnull, os.O_RDONLY), reads)
    with pytest.raises(BrokenPipeError):
        stream.write("hello\n")


def test_a_long_line_is_given_as_a_whole() -> None:
    """In pieces, other processes' lines would come between them with room for all."""
    given: list[bytes] = []

    def take(data: bytes) -> int:
        given.append(data)
        return len(data)

    text(take, 2).write(f"{LONG}\n")
    assert [len(data) for data in given] == [len(LONG) + 1]


@pytest.mark.timeout(20)
def test_who_prints_neither_waits_nor_fails(pipe: tuple[int, int]) -> None:
    """A tool's effect is done when it prints; the log is still told what it lost."""
    reads, writes = pipe
    with os.fdopen(writes, "w", closefd=False) as given:
        log = spilling(given)
        printed = unheard(log)
        taken = fill(log)
        print("lost", file=printed, flush=True)
        got = os.read(reads, 100_000).decode()
        assert len(got.splitlines()) == taken
        print("heard", "again", file=printed)
        assert os.read(reads, 100_000) == b"heard again\n"


def test_who_prints_does_not_fail_when_the_reader_went(pipe: tuple[int, int]) -> None:
    """As when it hangs: the effect was made, and must not look as if it had failed."""
    reads, writes = pipe
    with os.fdopen(writes, "w", closefd=False) as given:
        printed = unheard(spilling(given))
        os.dup2(os.open(os.devnull, os.O_RDONLY), reads)
        print("done", file=printed, flush=True)
        print("more", file=printed)


def test_what_is_printed_is_written_in_lines(pipe: tuple[int, int]) -> None:
    """Not in the pieces that ``print`` has, between which the log might write."""
    reads, writes = pipe
    with os.fdopen(writes, "w", closefd=False) as given:
        log = spilling(given)
        printed = unheard(log)
        printed.write("one")
        log.write("a line of the log\n")
        printed.write("\n")
        assert os.read(reads, 99) == b"a line of the log\none\n"


def test_one_that_ends_closes_no_other(pipe: tuple[int, int]) -> None:
    """A forked process makes its own beside that of its parent; both are one way."""
    reads, writes = pipe
    with os.fdopen(writes, "w", closefd=False) as given:
        log = spilling(given)
        other = spilling(unheard(log))
        assert other.buffer is log.buffer
        other.close()
        log.write("still here\n")
        assert os.read(reads, 99) == b"still here\n"


def test_standard_error_may_be_closed() -> None:
    """Python has none then; what is written is for nobody."""
    with spilling(None) as stream:
        stream.write("hello\n")
        stream.flush()
        assert not stream.isatty()
