import asyncio

import pytest

from mainstay.testing.clock import START_MS, ManualClock


async def test_stands_still() -> None:
    """No time passes by itself, however long tasks run."""
    clock = ManualClock()
    await clock.run_for(0)
    assert (clock.now_ms(), clock.monotonic_s()) == (START_MS, 0.0)


async def test_advance_releases_who_is_due() -> None:
    """A sleeper wakes when the clock reaches its time, and not before."""
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.until_sleepers()
    clock.advance(9.999)
    assert clock.sleepers == 1
    clock.advance(0.001)
    await sleeper
    assert clock.now_ms() == START_MS + 10_000


async def test_release_in_order_of_time() -> None:
    """Those who wake in one step run in the order of their times."""
    clock = ManualClock()
    woken: list[int] = []

    async def sleep(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append(seconds)

    async with asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2):
            group.create_task(sleep(seconds))
        await clock.until_sleepers(3)
        clock.advance(5)
    assert woken == [1, 2, 3]


async def test_run_for_lets_each_wake_at_its_own_time() -> None:
    """A task that sleeps again within the span wakes again within the span."""
    clock = ManualClock()
    seen: list[float] = []

    async def tick() -> None:
        while True:
            await clock.sleep(3)
            seen.append(clock.monotonic_s())

    ticking = asyncio.create_task(tick())
    await clock.run_for(10)
    assert seen == [3, 6, 9]
    assert clock.monotonic_s() == 10
    ticking.cancel()


async def test_cancelled_sleeper_is_forgotten() -> None:
    """A cancelled sleeper counts no more and disturbs no later step."""
    clock = ManualClock()
    sleeper = asyncio.create_task(clock.sleep(1))
    await clock.until_sleepers()
    sleeper.cancel()
    await asyncio.wait([sleeper])
    assert clock.sleepers == 0
    clock.advance(2)


async def test_sleep_of_nothing_returns() -> None:
    """A sleep of 0 s or less needs no advance."""
    clock = ManualClock()
    await clock.sleep(0)
    await clock.sleep(-1)
    assert clock.monotonic_s() == 0


def test_small_steps_add_up() -> None:
    """A thousand steps of a millisecond are one second exactly."""
    clock = ManualClock()
    for _ in range(1_000):
        clock.advance(0.001)
    assert (clock.monotonic_s(), clock.now_ms()) == (1.0, START_MS + 1_000)


def test_wall_clock_may_be_set_back() -> None:
    """Setting Unix time leaves monotonic time alone."""
    clock = ManualClock()
    clock.advance(5)
    clock.set_wall_ms(START_MS - 60_000)
    clock.advance(1)
    assert (clock.now_ms(), clock.monotonic_s()) == (START_MS - 59_000, 6.0)


def test_advance_never_goes_back() -> None:
    """A negative step is refused."""
    with pytest.raises(ValueError, match="cannot advance"):
        ManualClock().advance(-1)
