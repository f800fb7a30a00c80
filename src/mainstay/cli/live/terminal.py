"""The terminal: frames in place, keys as pressed, and all as it was at the end."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from mainstay.cli.live.line import Line, fitted, shown

_ENTER, _LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST = "\x1b[H", "\x1b[K", "\x1b[J"
_INTERRUPT = b"\x03"
_ENDS = b"qQ\x04" + _INTERRUPT
"""Keys that end it: q, Ctrl-D, Ctrl-C."""

WIDTH, HEIGHT = 80, 24
"""Of a terminal that says 0: a serial line, a container's before it is told."""


class Terminal:
    """Draws frames on the terminal of this process.

    Args:
        news: set when it was resized, and when the reader wants to go.
    """

    def __init__(self, news: asyncio.Event) -> None:
        self._news = news
        self.left = False
        self.interrupted = False

    def draw(self, lines: Sequence[Line]) -> None:
        """Show a frame, cut to the present size."""
        size = os.get_terminal_size(sys.stdout.fileno())
        width, height = size.columns or WIDTH, size.lines or HEIGHT
        text = f"{_REST_OF_LINE}\r\n".join(
            shown(line, width, colour=True) for line in fitted(lines, height)
        )
        sys.stdout.write(f"{_HOME}{text}{_REST_OF_LINE}{_REST}")
        sys.stdout.flush()

    @contextmanager
    def open(self) -> Generator[None]:
        """Take the terminal, and give it back as it was."""
        loop, keys = asyncio.get_running_loop(), sys.stdin.fileno()
        before = termios.tcgetattr(keys)
        loop.add_signal_handler(signal.SIGWINCH, self._news.set)
        loop.add_signal_handler(signal.SIGTERM, self._leave)
        loop.add_reader(keys, self._press, keys)
        try:
            # Ctrl-C and Ctrl-Z come as keys: neither may leave the screen as it is.
            tty.setraw(keys, termios.TCSANOW)
            sys.stdout.write(_ENTER)
            yield
        finally:
            loop.remove_reader(keys)
            loop.remove_signal_handler(signal.SIGWINCH)
            loop.remove_signal_handler(signal.SIGTERM)
            termios.tcsetattr(keys, termios.TCSANOW, before)
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()

    def _press(self, keys: int) -> None:
        pressed = os.read(keys, 64)
        self.interrupted |= _INTERRUPT in pressed
        if not pressed or set(pressed) & set(_ENDS):
            self._leave()

    def _leave(self) -> None:
        self.left = True
        self._news.set()
