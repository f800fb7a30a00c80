"""A process stopped inside a transaction holds SQLite's one write lock: it must go."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest
from tests.chaos.lives import (
    ASKED,
    AUTH,
    Forge,
    Life,
    answered,
    check,
    each_at_once,
    posted,
)
from tests.chaos.pairs import (
    UNREACHED,
    Folders,
    pair,
    points_of_a_turn,
    struck_itself,
)

from mainstay.stores.sqlite.store import open_store
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds

AT_ONCE = 8
"""Stopped processes cost nothing."""

KEPT_S = 2.0
"""Far longer than an accept, far shorter than until one is taken for stopped."""


@pytest.mark.timeout(300)
async def test_a_worker_frozen_in_a_transaction_is_killed(
    forge: Forge, folder_of: Folders
) -> None:
    """SIGSTOP at each statement under the write lock, for good.

    The other worker answers within 15 s, nothing of the half transaction is left, and
    the stopped process has been killed.
    """
    points = await points_of_a_turn(forge, folder_of)
    chosen = _inside(points)
    assert len(chosen) > 25, points

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"commit-{at}")
        gateway, a, b = pair(forge, folder, at, "SIGSTOP")
        assert await posted(gateway.address(), conversation, "k") is not None
        if not struck_itself(folder):
            return UNREACHED
        victim = await asyncio.to_thread(_frozen, a, b)
        where = f"frozen before {victim.points[-1]} ({at})"
        if len(victim.points) not in _inside(victim.points):
            return UNREACHED
        took_s = answered(folder, 15, where)
        check(folder, where)
        assert not victim.lives, where
        assert [gateway.lives, a.lives, b.lives].count(True) == 2
        for life in (gateway, a, b):
            life.end()
        assert await _audit_is_intact(folder), where
        return took_s

    took_s = await asyncio.to_thread(each_at_once, scenario, chosen, AT_ONCE)
    reached = [seconds for seconds in took_s if seconds != UNREACHED]
    assert len(reached) >= len(chosen) - 4
    print(f"{len(chosen)} points, slowest answer {max(reached):.2f} s after the freeze")


@pytest.mark.timeout(120)
async def test_a_gateway_frozen_in_an_accept_is_killed(
    forge: Forge, folder_of: Folders
) -> None:
    """Others wait or answer 503 until it is gone; the same key then makes one turn."""
    folder, conversation = folder_of("accept")
    gateway = forge.live(folder, "gateway", roles=("gateway",), at=0)
    assert await posted(gateway.address(), conversation, "k") is not None
    gateway.end()
    accept = gateway.points[: gateway.points.index("COMMIT") + 1]

    async def scenario(at: int) -> float:
        folder, conversation = folder_of(f"accept-{at}")
        worker = forge.live(folder, "worker", roles=("worker",))
        other = forge.live(folder, "other", roles=("gateway",))
        first = forge.live(folder, "first", roles=("gateway",), at=at, by="SIGSTOP")
        worker.address()
        lost = asyncio.create_task(posted(first.address(), conversation, "k"))
        await asyncio.to_thread(_frozen, first)
        frozen_at = time.monotonic()
        await _insist(other.address(), conversation)
        kept_s = time.monotonic() - frozen_at
        assert kept_s > KEPT_S, "nobody was kept from writing: it is not under the lock"
        assert await lost is None
        answered(folder, 15 - (time.monotonic() - frozen_at), accept[at - 1])
        took_s = time.monotonic() - frozen_at
        check(folder, f"frozen before {accept[at - 1]}")
        assert not first.lives
        for life in (worker, other):
            life.end()
        return took_s

    numbers = range(1, len(accept) + 1)
    took_s = await asyncio.to_thread(each_at_once, scenario, numbers, AT_ONCE)
    print(f"{len(accept)} points, slowest answer {max(took_s):.2f} s after the freeze")


def _inside(points: list[str]) -> list[int]:
    """Return the numbers of the points under the write lock.

    At each of them the named statement is about to run. The count starts in the first
    transaction, the claim's.
    """
    inside, locked = list[int](), True
    for n, point in enumerate(points, 1):
        if locked:
            inside.append(n)
        if point in ("BEGIN IMMEDIATE", "COMMIT"):
            locked = point == "BEGIN IMMEDIATE"
    return inside


def _frozen(*lives: Life) -> Life:
    """Return the one that froze, as soon as it has."""
    until = time.monotonic() + 10
    while True:
        for life in lives:
            if life.frozen:
                return life
        assert time.monotonic() < until, "none froze"
        time.sleep(0.01)


async def _insist(address: str, conversation_id: str) -> None:
    """Post until it is accepted, though the answer be "not now"."""
    url = f"{address}/v1/conversations/{conversation_id}/messages"
    headers = {**AUTH, "Idempotency-Key": "k"}
    async with aiohttp.ClientSession(headers=headers) as http:
        while True:
            async with http.post(url, json=ASKED) as got:
                if got.status == 202:
                    return
                assert got.status == 503, await got.text()
                await asyncio.sleep(int(got.headers["Retry-After"]))


async def _audit_is_intact(folder: Path) -> bool:
    """Return whether the hash chain of a store that was rolled back is whole."""
    path = folder / "mainstay.db"
    store = open_store(
        path, SystemClock(), SystemIds(), busy_timeout_s=5, on_commit=lambda _: None
    )
    verdict = await store.audit.verify()
    store.close()
    return verdict.intact
