"""How a process ends: in good order if it can, and in any case within 35 seconds."""

import asyncio
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

LIMIT_S = 34.0
"""From the first signal; whatever hangs then is cut off. The promise is 35 s."""

STUBBORN_S = 2.0
"""What tasks get to end once they are cancelled; a tool may ignore that for ever."""

SIGNALLED = 128
"""A shell's exit code for a signal is this plus its number."""

CUT_OFF = 1


class Leave:
    """Turns the first SIGTERM or SIGINT, or a word, into a drain that has a limit.

    The handlers are Python's own: the loop's would wait for a loop that a tool blocks.

    Args:
        limit_s: seconds from the first signal until the process is ended as it is.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._asked = self._signalled = False
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    async def asked(self) -> None:
        """Return when the process is to drain."""
        await self._stop.wait()

    def ask(self) -> None:
        """Ask for a drain; may be repeated."""
        if not self._asked:
            self._asked = True
            wall = threading.Timer(self._limit_s, _cut_off, [self._limit_s])
            wall.daemon = True
            wall.start()
            self._loop.call_soon_threadsafe(self._stop.set)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        """Drain; the second time end at once: what was accepted is on disk.

        A word that came before is no signal: one Ctrl-C reaches parent and child alike.
        """
        if self._signalled:
            os._exit(SIGNALLED + number)
        self._signalled = True
        self.ask()


async def leave_behind() -> None:
    """Return when no task is left; end the process where one ignores its end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if not tasks:
        return
    _, stubborn = await asyncio.wait(tasks, timeout=STUBBORN_S)
    if stubborn:
        count = f"{len(stubborn)} tool call{'s' * (len(stubborn) > 1)}"
        _say(f"mainstay: {count} did not end; left behind")
        sys.stdout.flush()
        os._exit(0)


def _cut_off(limit_s: float) -> None:
    """End the process: its lock is free then, and its turns go on elsewhere."""
    _say(f"mainstay: not drained {limit_s:g} s after the signal; cut off")
    os._exit(CUT_OFF)


def _say(text: str) -> None:
    """Write a last word; the end waits for nobody to read it."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
