"""Two worker processes on one file: when one dies or freezes, the other goes on."""

import asyncio
import os
import signal
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

FREEZE_S = 20.0


@pytest.mark.timeout(420)
async def test_the_other_worker_resumes_within_5_s(
    forge: Forge, folder_of: Folders
) -> None:
    """Kill -9 of whoever holds the turn, at every point; one refund, one reply."""
    points = await points_of_a_turn(forge, folder_of)

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"kill-{at}")
        gateway, a, b = pair(forge, folder, at, "SIGKILL")
        assert await posted(gateway.address(), conversation, "k") is not None
        took_s = answered(folder, within_s=5) if struck_itself(folder) else UNREACHED
        check(folder, f"killed at {at}: {points[at - 1]}")
        for life in (gateway, a, b):
            life.end()
        return took_s

    took_s = await asyncio.to_thread(each_at_once, scenario, range(1, len(points) + 1))
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    assert len(reached) >= len(points) - 4
    print(f"{len(points)} points, slowest answer {max(reached):.2f} s after the kill")


@pytest.mark.timeout(300)
async def test_a_frozen_worker_is_replaced_and_stays_silent(
    forge: Forge, folder_of: Folders
) -> None:
    """SIGSTOP for 20 s around every call and between commits, then CONT.

    The other worker answers within 15 s; the thawed one writes nothing.
    """
    points = await points_of_a_turn(forge, folder_of)
    at_calls = [n for n, point in enumerate(points, 1) if "call" in point]
    between = [n for n, p in enumerate(points, 1) if p == "BEGIN IMMEDIATE"]

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"freeze-{at}")
        gateway, a, b = pair(forge, folder, at, "SIGSTOP")
        assert await posted(gateway.address(), conversation, "k") is not None
        if not struck_itself(folder):
            return UNREACHED
        frozen_at = time.monotonic()
        took_s = answered(folder, within_s=15, where=points[at - 1])
        check(folder, f"frozen at {at}: {points[at - 1]}")
        before = written(folder)
        await asyncio.sleep(max(0.0, FREEZE_S - (time.monotonic() - frozen_at)))
        [thawed] = [life for life in (a, b) if life.frozen]
        os.kill(thawed.pid, signal.SIGCONT)
        await asyncio.sleep(3)
        assert thawed.lives
        assert written(folder) == before, f"the thawed one wrote, {points[at - 1]}"
        check(folder, f"thawed after {points[at - 1]}")
        for life in (gateway, a, b):
            life.end()
        return took_s

    chosen = sorted({*at_calls, *between})
    took_s = await asyncio.to_thread(each_at_once, scenario, chosen, at_once=8)
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    assert len(reached) >= len(chosen) - 4
    print(f"{len(chosen)} points, slowest answer {max(reached):.2f} s after the freeze")
