"""A gateway and two workers on one file, either of which strikes itself."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.lives import CLAIM, Forge, Life, answered, posted, rows

UNREACHED = -1.0
WORKER = ("worker",)

Folders = Callable[[str], tuple[Path, str]]


async def points_of_a_turn(forge: Forge, folder_of: Folders) -> list[str]:
    """Return the points of a worker's part of a turn, from an unharmed run."""
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


def pair(forge: Forge, folder: Path, at: int, by: str) -> tuple[Life, Life, Life]:
    """Start a gateway and two workers; whichever claims strikes itself at a point."""
    gateway = forge.live(folder, "gateway", roles=("gateway",))
    workers = [
        forge.live(folder, name, roles=WORKER, at=at, begin=CLAIM, by=by)
        for name in ("a", "b")
    ]
    for life in (gateway, *workers):
        life.address()
    return gateway, workers[0], workers[1]


def struck_itself(folder: Path, *, within_s: float = 20) -> bool:
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
