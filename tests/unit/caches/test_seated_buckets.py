"""The rate limit of several processes: exact over all of them, and bounded."""

import asyncio
import os
import signal
from itertools import count

import pytest

from mainstay.caches import seated
from mainstay.caches.seated import PLACES, SeatedBuckets
from mainstay.system.clock import SystemClock
from mainstay.testing.clock import ManualClock


def taken(buckets: SeatedBuckets, key: str, times: int) -> int:
    """Return how many of so many requests were let through."""

    async def take() -> int:
        return sum([(await buckets.take(key)).allowed for _ in range(times)])

    return asyncio.run(take())


async def test_it_counts_like_any_bucket() -> None:
    """A burst passes; the next one is told to the microsecond when it may."""
    clock = ManualClock()
    buckets = SeatedBuckets(60, 2, clock)
    assert (await buckets.take("ada")).remaining == 1
    assert (await buckets.take("ada")).allowed
    refused = await buckets.take("ada")
    assert (refused.allowed, refused.retry_after_s, refused.limit) == (False, 1.0, 60)
    assert (await buckets.take("bob")).allowed
    clock.advance(refused.retry_after_s)
    assert (await buckets.take("ada")).allowed
    assert not (await buckets.take("ada")).allowed


async def test_it_counts_on_for_years() -> None:
    """Also at a rate that stands for "no limit": its ticks go round in months."""
    clock = ManualClock()
    buckets = SeatedBuckets(1_000_000, 1_000_000, clock)
    for _ in range(20):
        clock.advance(50 * 86_400)
        remaining = [(await buckets.take("ada")).remaining for _ in range(2)]
        assert remaining == [999_999, 999_998]


def test_processes_share_each_bucket() -> None:
    """Four forked processes that take at once get the burst together, no more."""
    buckets = SeatedBuckets(1, 10_000, SystemClock())
    (read, write), (gate, opens) = os.pipe(), os.pipe()
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            os.close(opens)
            os.read(gate, 1)
            os.write(write, taken(buckets, "ada", 5_000).to_bytes(2))
            os._exit(0)
        children.append(child)
    os.close(opens)
    for child in children:
        os.waitpid(child, 0)
    counts = [int.from_bytes(os.read(read, 2)) for _ in children]
    assert sum(counts) == 10_000
    assert sum(n > 0 for n in counts) > 1, counts


def test_a_frozen_process_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others go on after a while, at the cost of a request too many."""
    monkeypatch.setattr(seated, "SHELVES", 1)
    buckets = SeatedBuckets(60, 10, SystemClock())
    child = os.fork()
    if child == 0:
        with buckets._kept(0):  # noqa: SLF001 - frozen just there
            os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    assert taken(buckets, "ada", 10) == 10
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


async def test_a_full_shelf_gives_up_the_bucket_nearest_to_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its memory does not grow; who used least starts anew, and nobody else."""
    monkeypatch.setattr(seated, "SHELVES", 1)
    buckets = SeatedBuckets(1, PLACES + 1, ManualClock())
    names = [f"customer {n}" for n in range(PLACES)]
    for name, times in zip(names, count(1), strict=False):
        for _ in range(times):
            await buckets.take(name)
    await buckets.take("another")
    left = [(await buckets.take(name)).remaining for name in reversed(names)]
    assert left[:-1] == [PLACES - 1 - n for n in range(PLACES - 1, 0, -1)]
    assert left[-1] == PLACES
