"""Two worker processes on one file: when one dies or freezes, the other goes on."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.lives import (
    CLAIM,
    Forge,
    Life,
    answered,
    check,
    each_at_once,
    posted,
    rows,
)

UNREACHED = -1.0
FREEZE_S = 20.0
WORKER = ("worker",)

Folders = Callable[[str], tuple[Path, str]]


async def _points(forge: Forge, folder_of: Folders) -> list[str]:
    """Return the points of a worker's part of a turn."""
    folder, conversation = folder_of("whole")
    gateway = forge.live(folder, "gateway", roles=("gateway",))
    worker = forge.live(folder, "worker", roles=WORKER, at=0, begin=CLAIM)
    worker.address()
    assert await posted(gateway.address(), conversation, "k") is not None
    answered(folder, within_s=20)
    for life in (gateway, worker):
        life.end()
    assert sum("call" in point for point in worker.points) == 10, worker.points
    return worker.points


def _pair(forge: Forge, folder: Path, at: int, by: str) -> tuple[Life, Life, Life]:
    """Start a gateway and two workers, either of which strikes itself at a point."""
    gateway = forge.live(folder, "gateway", roles=("gateway",))
    workers = [
        forge.live(folder, name, roles=WORKER, at=at, begin=CLAIM, by=by)
        for name in ("a", "b")
    ]
    for life in (gateway, *workers):
        life.address()
    return gateway, workers[0], workers[1]


def _struck(folder: Path, *, within_s: float = 20) -> bool:
    """Return whether a worker struck itself before the turn was long over."""
    until = time.monotonic() + within_s
    over_at = None
    while not (folder / "struck").exists():
        now = time.monotonic()
        [(state,)] = rows(folder / "mainstay.db", "SELECT state FROM turns") or [("",)]
        if state == "answered":
            over_at = over_at or now
            if now - over_at > 1:
                return False
        assert now < until, "neither struck nor answered"
        time.sleep(0.02)
    return True


@pytest.mark.timeout(420)
async def test_the_other_worker_resumes_within_5_s(
    forge: Forge, folder_of: Folders
) -> None:
    """Kill -9 of whoever holds the turn, at every point; one refund, one reply."""
    points = await _points(forge, folder_of)

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"kill-{at}")
        gateway, a, b = _pair(forge, folder, at, "SIGKILL")
        assert await posted(gateway.address(), conversation, "k") is not None
        took_s = answered(folder, within_s=5) if _struck(folder) else UNREACHED
        check(folder, f"killed at {at}: {points[at - 1]}")
        for life in (gateway, a, b):
            life.end()
        return took_s

    took_s = await asyncio.to_thread(each_at_once, scenario, range(1, len(points) + 1))
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    assert len(reached) >= len(points) - 4
    print(f"{len(points)} points, slowest answer {max(reached):.2f} s after the kill")


def _written(folder: Path) -> str:
    """Return all that the store holds of the turn."""
    tables = ("turns", "steps", "effects", "messages", "events", "audit")
    return json.dumps(
        [rows(folder / "mainstay.db", f"SELECT * FROM {t}") for t in tables],  # noqa: S608 - our own names
        default=repr,
    )


@pytest.mark.timeout(300)
async def test_a_frozen_worker_is_replaced_and_stays_silent(
    forge: Forge, folder_of: Folders
) -> None:
    """SIGSTOP for 20 s around every call and between commits, then CONT.

    The other worker answers within 15 s; the thawed one writes nothing.
    """
    points = await _points(forge, folder_of)
    at_calls = [n for n, point in enumerate(points, 1) if "call" in point]
    between = [n for n, p in enumerate(points, 1) if p == "BEGIN IMMEDIATE"]

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"freeze-{at}")
        gateway, a, b = _pair(forge, folder, at, "SIGSTOP")
        assert await posted(gateway.address(), conversation, "k") is not None
        if not _struck(folder):
            return UNREACHED
        frozen_at = time.monotonic()
        took_s = answered(folder, within_s=15, where=points[at - 1])
        check(folder, f"frozen at {at}: {points[at - 1]}")
        before = _written(folder)
        await asyncio.sleep(max(0.0, FREEZE_S - (time.monotonic() - frozen_at)))
        [thawed] = [life for life in (a, b) if life.frozen]
        os.kill(thawed.pid, signal.SIGCONT)
        await asyncio.sleep(3)
        assert thawed.lives
        assert _written(folder) == before, f"the thawed one wrote, {points[at - 1]}"
        check(folder, f"thawed after {points[at - 1]}")
        for life in (gateway, a, b):
            life.end()
        return took_s

    chosen = sorted({*at_calls, *between})
    took_s = await asyncio.to_thread(each_at_once, scenario, chosen, at_once=8)
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    assert len(reached) >= len(chosen) - 4
    print(f"{len(chosen)} points, slowest answer {max(reached):.2f} s after the freeze")
