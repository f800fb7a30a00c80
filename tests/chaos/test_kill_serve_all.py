"""kill -9 of a whole server at every statement and call of a turn with a refund."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.chaos.lives import Forge, answered, check, each_at_once, posted, struck

UNREACHED = -1.0


@pytest.mark.timeout(420)
async def test_a_server_survives_kill_9_at_every_point(
    forge: Forge, folder_of: Callable[[str], tuple[Path, str]]
) -> None:
    """Accepted, refunded and truly answered once, within 5 s of a restart."""
    folder, conversation = folder_of("whole")
    life = forge.live(folder, "first", at=0)
    assert await posted(life.address(), conversation, "k") is not None
    answered(folder, within_s=20)
    life.end()
    points = life.points
    assert sum("call" in point for point in points) == 10, points
    assert sum("INSERT INTO steps" in point for point in points) == 6, points
    took_s = await asyncio.to_thread(
        each_at_once,
        lambda at: _struck(forge, folder_of, at),
        range(1, len(points) + 1),
    )
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    missing = [p for p, s in zip(points, took_s, strict=True) if s == UNREACHED]
    assert len(missing) <= 3, missing
    print(
        f"{len(points)} points, slowest answer {max(reached):.2f} s after the restart"
    )


async def _struck(
    forge: Forge, folder_of: Callable[[str], tuple[Path, str]], at: int
) -> float:
    """Kill a server at a point and start another; return its seconds to the answer."""
    folder, conversation = folder_of(f"at-{at}")
    first = forge.live(folder, "first", at=at)
    accepted = await posted(first.address(), conversation, "only-once")
    if not struck(first, folder):
        return UNREACHED
    second = forge.live(folder, "second")
    address = second.address()
    if accepted is None:
        accepted = await posted(address, conversation, "only-once")
    assert accepted is not None
    took_s = answered(folder, within_s=5)
    again = await posted(address, conversation, "only-once")
    assert again["turn_id"] == accepted["turn_id"]
    check(folder, f"killed at {at}: {first.points[-1]}")
    second.end()
    return took_s
