"""The live view on a terminal of this test."""

import asyncio
import fcntl
import os
import pty
import struct
import sys
import termios

import pytest

from mainstay.cli.live.terminal import Terminal

LINES = [[(f"line {n} ".ljust(120, "."), "")] for n in range(40)]
END_OF_LINE = "\x1b[K\r\r\n"


@pytest.mark.parametrize(
    ("size", "height", "width"),
    [((10, 40), 10, 40), ((0, 0), 24, 80), ((0, 40), 24, 40), ((10, 0), 10, 80)],
)
def test_a_frame_has_the_size_of_its_terminal(
    size: tuple[int, int], height: int, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not know how large it is gets 80 characters in 24 lines."""
    screen, keys = pty.openpty()
    with os.fdopen(screen, "rb", buffering=0) as seen, os.fdopen(keys, "w") as out:
        fcntl.ioctl(keys, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        monkeypatch.setattr(sys, "stdout", out)
        Terminal(asyncio.Event()).draw(LINES)
        lines = seen.read(65_536).decode().split(END_OF_LINE)
    assert len(lines) == height
    assert lines[0] == f"\x1b[H{LINES[0][0][0][:width]}"
