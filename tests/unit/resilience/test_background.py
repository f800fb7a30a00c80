"""Work in the background ends when it is stopped, whatever becomes of a cancel."""

import asyncio

from mainstay.resilience.background import Background


async def test_a_cancellation_that_is_lost_is_sent_again() -> None:
    """As ``asyncio.wait_for`` of Python 3.11 loses one that meets its result."""
    started = asyncio.Event()
    lost = 0

    async def work() -> None:
        nonlocal lost
        while True:
            try:
                started.set()
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    background = Background(work)
    await background.start()
    await started.wait()
    async with asyncio.timeout(10):
        await background.stop()
    assert lost == 1
