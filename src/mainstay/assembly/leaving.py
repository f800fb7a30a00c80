"""How a process ends: in good order if it can, and in any case."""

import asyncio
import os
import sys

STUBBORN_S = 2.0
"""What tasks get to end once they are cancelled; a tool may ignore that for ever."""

SIGNALLED = 128
"""A shell's exit code for a signal is this plus its number."""


def end_by_signal(stop: asyncio.Event, number: int) -> None:
    """Ask for a drain; the second time end at once: what was accepted is on disk."""
    if stop.is_set():
        os._exit(SIGNALLED + number)
    stop.set()


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
        sys.stderr.write(f"mainstay: {count} did not end; left behind\n")
        sys.stdout.flush()
        os._exit(0)
