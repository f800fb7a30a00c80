"""How a process is asked to leave."""

import subprocess
import sys

import pytest

CODE = """
import asyncio, os, signal
from mainstay.assembly.leaving import Leave

async def main():
    leave = Leave()
    {first}
    os.kill(os.getpid(), signal.SIGINT)
    await leave.asked()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("first", "code"),
    [("leave.ask()", 0), ("os.kill(os.getpid(), signal.SIGINT)", 130)],
)
def test_only_a_second_signal_ends_at_once(first: str, code: int) -> None:
    """A parent's word and the terminal's signal together are one wish to drain."""
    ran = subprocess.run(
        [sys.executable, "-c", CODE.format(first=first)], check=False, timeout=20
    )
    assert ran.returncode == code
