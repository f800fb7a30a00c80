"""Simulated time: it jumps, it is the same each time, and processes die in it."""

import asyncio
from collections.abc import Coroutine
from contextvars import copy_context
from typing import Any

import pytest

from mainstay.testing.simulation.loop import SimulatedLoop, Stuck
from mainstay.testing.simulation.process import PROCESS, Process, reach


@pytest.fixture
def loop() -> Any:
    """Return a loop, closed at the end."""
    loop = SimulatedLoop()
    yield loop
    loop.close()


def begin(process: Process, work: Coroutine[Any, Any, None]) -> None:
    """Start work in a process."""
    context = copy_context()
    context.run(PROCESS.set, process)
    asyncio.get_running_loop().create_task(work, context=context)


def a_process() -> Process:
    """Return a process of which nobody hears."""
    return Process("worker", 1, lambda process: None)


def test_time_jumps_to_the_next_thing(loop: SimulatedLoop) -> None:
    """An hour takes no time; timeouts and waits are on simulated time too."""

    async def sleep_long() -> list[float]:
        times: list[float] = []
        await asyncio.sleep(3600)
        times.append(loop.time())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        times.append(loop.time())
        one, two = asyncio.sleep(2, "late"), asyncio.sleep(1, "soon")
        assert await asyncio.gather(one, two) == ["late", "soon"]
        return [*times, loop.time()]

    told = loop.run_until_complete(sleep_long())
    assert told == pytest.approx([3600, 3605, 3607], abs=1e-3)


def test_nothing_left_to_happen_is_an_error(loop: SimulatedLoop) -> None:
    """Real code would hang; a world says so."""
    with pytest.raises(Stuck):
        loop.run_until_complete(asyncio.Event().wait())


def test_a_killed_process_runs_nothing_more(loop: SimulatedLoop) -> None:
    """Not even a ``finally``: as after a kill."""
    did: list[str] = []

    async def work() -> None:
        try:
            while True:
                await asyncio.sleep(1)
                did.append("round")
        finally:
            did.append("finally")
            await asyncio.sleep(1)
            did.append("more")

    async def world() -> None:
        process = a_process()
        begin(process, work())
        await asyncio.sleep(2.5)
        process.die()
        await asyncio.sleep(10)

    loop.run_until_complete(world())
    assert did == ["round", "round"]


def test_a_frozen_process_runs_on_late(loop: SimulatedLoop) -> None:
    """What was due meanwhile comes at the thaw, in order."""
    did: list[tuple[float, str]] = []

    async def work(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        did.append((round(loop.time(), 3), name))

    async def world() -> None:
        process = a_process()
        for name, seconds in (("b", 2.0), ("a", 1.0), ("c", 9.0)):
            begin(process, work(name, seconds))
        await asyncio.sleep(0.5)
        process.freeze()
        await asyncio.sleep(4.5)
        process.thaw()
        await asyncio.sleep(10)

    loop.run_until_complete(world())
    assert did == [(5.0, "a"), (5.0, "b"), (9.0, "c")]


def test_a_process_dies_at_any_of_its_awaits(loop: SimulatedLoop) -> None:
    """Counted in callbacks, or at a point by its name."""
    did: list[int] = []

    async def work() -> None:
        for n in range(9):
            await reach("tool")
            did.append(n)
            await asyncio.sleep(0)

    async def world() -> None:
        counted, trapped = a_process(), a_process()
        counted.steps_left = 3
        begin(counted, work())
        await asyncio.sleep(1)
        assert did == [0, 1, 2]
        did.clear()
        trapped.trap("tool", 2, lambda process: process.die())
        begin(trapped, work())
        await asyncio.sleep(1)
        assert did == [0]

    loop.run_until_complete(world())
