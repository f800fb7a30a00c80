"""Ends a process that this one started."""

import asyncio
from asyncio.subprocess import Process

DRAINED_S = 40.0
"""Longer than a drain takes: what still runs then hangs."""


async def end(process: Process) -> None:
    """Let it drain, and kill it when it does not end; may be repeated."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(DRAINED_S):
            # To its end: a full pipe would keep it from ending.
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
