"""An author's code harms nobody else, whatever it does."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from mainstay.assembly.leaving import CUT_OFF
from mainstay.tools.isolation import EscapedError, OutOfTimeError, answer_within


async def exits() -> None:
    """End the process, or try to."""
    sys.exit(3)


async def interrupts() -> None:
    """Act as if somebody pressed Ctrl-C."""
    raise KeyboardInterrupt


async def cancels_itself() -> None:
    """Cancel the task it runs on."""
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("code", [exits, interrupts, cancels_itself])
async def test_what_would_end_others_is_an_error(
    code: Callable[[], Awaitable[None]],
) -> None:
    """The caller goes on, and knows what was raised."""
    with pytest.raises(EscapedError):
        await answer_within(5, code())


async def test_an_answer_and_an_error_are_passed_on() -> None:
    """Whatever else happens is the code's own word."""

    async def refuses() -> None:
        raise ValueError("no")

    assert await answer_within(5, asyncio.sleep(0, "yes")) == "yes"
    with pytest.raises(ValueError, match="no"):
        await answer_within(5, refuses())


async def test_what_ignores_its_cancellation_is_left_behind() -> None:
    """Neither the time limit nor the caller's own end waits for it."""
    ends = asyncio.Event()

    async def stubborn() -> None:
        while not ends.is_set():
            try:
                await ends.wait()
            except asyncio.CancelledError:
                continue

    with pytest.raises(OutOfTimeError, match=r"within 0\.01 s"):
        await answer_within(0.01, stubborn())
    calling = asyncio.create_task(answer_within(60, stubborn()))
    await asyncio.sleep(0)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(calling, 5)
    ends.set()


STUBBORN = """
import asyncio, sys
from uvloop import run
import time
from mainstay.assembly.leaving import Leave, leave_behind

async def stubborn():
    while True:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            pass

async def main():
    leave = Leave(limit_s=float(sys.argv[2]))
    task = asyncio.create_task(stubborn())
    print("ready", flush=True)
    if sys.argv[1] == "blocks":
        time.sleep(60)
    await leave.asked()
    print("draining", flush=True)
    if sys.argv[1] == "drains":
        await leave_behind()
    await asyncio.get_running_loop().create_future()

run(main())
"""


@pytest.mark.parametrize(
    ("how", "signals", "code"),
    [
        ("drains", 1, 0),
        ("hangs", 2, 128 + signal.SIGTERM),
        ("hangs", 1, CUT_OFF),
        ("blocks", 1, CUT_OFF),
    ],
)
def test_a_process_ends_in_any_case(how: str, signals: int, code: int) -> None:
    """After a drain although a task does not end; at once at the second signal.

    And when its time is over, also where a tool blocks the loop that should drain.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, how, "1" if code == CUT_OFF else "60"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in ("ready\n", "draining\n")[:signals]:
        assert process.stdout.readline() == line
        os.kill(process.pid, signal.SIGTERM)
    _, told = process.communicate(timeout=20)
    assert process.returncode == code
    assert ("did not end" in told) == (how == "drains")
    assert ("cut off" in told) == (code == CUT_OFF)
