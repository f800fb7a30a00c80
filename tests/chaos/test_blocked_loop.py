"""A worker whose event loop is blocked must not keep its leases."""

import asyncio
import time

import pytest
from tests.chaos.lives import Forge, answered, check, each_at_once, posted, written
from tests.chaos.pairs import (
    UNREACHED,
    Folders,
    pair,
    points_of_a_turn,
    struck_itself,
)
from tests.chaos.victim import BLOCK_S

AT_ONCE = 10
RESUMED_WITHIN_S = 28.0
"""Renewals end 5 s after the loop's last beat, the lease 10 s after the last one."""


@pytest.mark.timeout(180)
async def test_the_other_worker_goes_on_and_the_blocked_one_stays_silent(
    forge: Forge, folder_of: Folders
) -> None:
    """A call that blocks the loop for 31 s, before or after what it does.

    The other worker answers while the block lasts; after it the blocked one lives, and
    writes nothing more.
    """
    points = await points_of_a_turn(forge, folder_of)
    chosen = [n for n, point in enumerate(points, 1) if "call" in point]

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"block-{at}")
        gateway, a, b = pair(forge, folder, at, "BLOCK")
        assert await posted(gateway.address(), conversation, "k") is not None
        if not struck_itself(folder):
            return UNREACHED
        blocked_at = time.monotonic()
        where = f"blocked at {points[at - 1]} ({at})"
        took_s = answered(folder, RESUMED_WITHIN_S, where)
        check(folder, where)
        before = written(folder)
        await asyncio.sleep(BLOCK_S + 3 - (time.monotonic() - blocked_at))
        assert written(folder) == before, f"wrote after it was {where}"
        check(folder, where)
        assert a.lives
        assert b.lives
        for life in (gateway, a, b):
            life.end()
        return took_s

    took_s = await asyncio.to_thread(each_at_once, scenario, chosen, AT_ONCE)
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    assert len(reached) >= len(chosen) - 1
    assert min(reached) > 5, "the block was not noticed as one"
    print(f"{len(chosen)} points, slowest answer {max(reached):.2f} s after the block")
