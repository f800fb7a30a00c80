"""Processes that end, and some that do not want to."""

import asyncio
import sys
from signal import SIGKILL

import pytest

from mainstay.system import ending
from mainstay.system.ending import end

TALKS = """
import signal, sys
def go(*_):
    sys.stdout.write("x" * 1_000_000)
    sys.exit(3)
signal.signal(signal.SIGTERM, go)
print("ready", flush=True)
signal.pause()
"""

STAYS = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
"""


async def started(program: str) -> asyncio.subprocess.Process:
    """Start a program; return when it is ready."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_it_ends_by_itself_whatever_it_has_to_say() -> None:
    """More than a pipe holds; ended again, nothing happens."""
    process = await started(TALKS)
    await end(process)
    assert process.returncode == 3
    await end(process)


async def test_what_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After longer than a drain takes."""
    monkeypatch.setattr(ending, "DRAINED_S", 0.1)
    process = await started(STAYS)
    await end(process)
    assert process.returncode == -SIGKILL
