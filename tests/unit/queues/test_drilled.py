"""A queue in drills: it stalls when told to, and calls are answered, not handed out."""

from dataclasses import dataclass, field

import pytest

from mainstay.domain.errors import QueueUnavailable
from mainstay.domain.wake import Wake
from mainstay.queues.drilled import Drill, DrilledQueue
from mainstay.testing.clock import ManualClock
from mainstay.testing.memory_queue import MemoryQueue


@dataclass
class Bench:
    """A worker's queue, and who answers."""

    clock: ManualClock = field(default_factory=ManualClock)
    stalled: bool = False
    answers: list[str] = field(default_factory=list)
    call: str | None = None

    def __post_init__(self) -> None:
        self.real = MemoryQueue(self.clock, visibility_s=30, batch=10)
        drill = Drill(lambda: self.stalled, lambda: self.call, self._answer, self.clock)
        self.queue = DrilledQueue(self.real, drill)

    async def _answer(self, call: str) -> None:
        self.answers.append(call)
        self.call = None

    async def ids(self) -> list[str]:
        """Receive once; return whose wakes came."""
        return [w.conversation_id for w in await self.queue.receive(9, 0)]


@pytest.fixture
def bench() -> Bench:
    """Give one."""
    return Bench()


async def test_wakes_pass(bench: Bench) -> None:
    """Without a drill it is as if it were not there."""
    await bench.queue.publish([Wake("conv_1"), Wake("conv_2")])
    assert sorted(await bench.ids()) == ["conv_1", "conv_2"]
    assert bench.answers == []
    assert bench.queue.capabilities == bench.real.capabilities


async def test_a_call_is_answered_and_acked(bench: Bench) -> None:
    """Nobody claims it; the wakes beside it are handed out."""
    await bench.queue.publish([Wake("check_1"), Wake("conv_1")])
    assert await bench.ids() == ["conv_1"]
    assert bench.answers == ["check_1"]
    bench.clock.advance(3600)
    assert "check_1" not in await bench.ids()
    assert bench.answers == ["check_1"]


async def test_a_stall_hands_nothing_out(bench: Bench) -> None:
    """What was published is there when it is over."""
    await bench.queue.publish([Wake("conv_1")])
    bench.stalled = True
    assert await bench.ids() == []
    assert (await bench.real.stats()).ready == 1
    bench.stalled = False
    assert await bench.ids() == ["conv_1"]


async def test_a_call_in_the_store_is_answered_by_who_receives(bench: Bench) -> None:
    """The queue works for this worker; while it is stalled, it does not."""
    bench.call, bench.stalled = "check_2", True
    await bench.ids()
    assert bench.answers == []
    bench.stalled = False
    await bench.ids()
    await bench.ids()
    assert bench.answers == ["check_2"]


async def test_a_call_that_cannot_be_acked_costs_nothing(bench: Bench) -> None:
    """The broker sends it once more; the wakes beside it are handed out."""

    async def away(_: object) -> None:
        raise QueueUnavailable("away")

    bench.real.ack = away  # type: ignore[method-assign]
    await bench.queue.publish([Wake("check_1"), Wake("conv_1")])
    assert await bench.ids() == ["conv_1"]
    assert bench.answers == ["check_1"]
