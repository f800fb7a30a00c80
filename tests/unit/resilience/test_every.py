"""Work that is done again and again."""

import asyncio

import pytest

from mainstay.resilience.every import Every
from mainstay.testing.clock import ManualClock

PAUSE_S = 10.0


class Work:
    """Counts its rounds."""

    def __init__(self) -> None:
        self.rounds = 0
        self.hangs = False

    async def __call__(self) -> None:
        """Do one."""
        self.rounds += 1
        if self.hangs:
            await asyncio.Event().wait()


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_pause_lies_between_two_rounds(at_once: bool) -> None:
    """And before the first, unless that is to come at once."""
    clock, work = ManualClock(), Work()
    every = Every(PAUSE_S, work, clock, at_once=at_once)
    await every.start()
    await clock.run_for(PAUSE_S - 1)
    assert work.rounds == at_once
    await clock.run_for(2 * PAUSE_S)
    assert work.rounds == at_once + 2
    await every.stop()
    await clock.run_for(PAUSE_S)
    assert work.rounds == at_once + 2


async def test_the_start_waits_for_no_round() -> None:
    """One that comes at once may hang; the stop breaks it off."""
    work = Work()
    work.hangs = True
    every = Every(PAUSE_S, work, ManualClock(), at_once=True)
    await every.start()
    await asyncio.sleep(0)
    assert work.rounds == 1
    await every.stop()
