"""What a queue in front of the store gives back, where the broker knows no delay."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mainstay.domain.errors import StoreUnavailable
from mainstay.domain.wake import Wake
from mainstay.ports.queue import QueueCapabilities, QueueStats
from mainstay.queues.brokered import STORE, BrokeredQueue
from mainstay.testing.clock import ManualClock
from mainstay.testing.memory_queue import MemoryQueue


class Prompt(MemoryQueue):
    """A broker without delays."""

    @property
    def capabilities(self) -> QueueCapabilities:
        """Say so."""
        return replace(super().capabilities, max_delay_s=0)


class Quiet:
    """Takes events, and nothing more."""

    def emit(self, event: object) -> None:
        """Take one."""


class Away:
    """A store that is away; what was given back to it is counted."""

    def __init__(self) -> None:
        self.given_back = 0

    async def take(self, limit: int, hide_ms: int, *, due_for_ms: int = 0) -> list[str]:
        """Have nothing."""
        return []

    async def give_back(self, conversation_ids: Sequence[str], delay_ms: int) -> None:
        """Fail."""
        self.given_back += 1
        raise StoreUnavailable("away")

    async def stats(self) -> QueueStats:
        """Know nothing."""
        raise StoreUnavailable("away")


async def received() -> tuple[BrokeredQueue, Prompt, Away, Wake]:
    """Return a queue, its broker, its store, and a wake of the broker's."""
    clock, store = ManualClock(), Away()
    broker = Prompt(clock, visibility_s=600, batch=10)
    await broker.publish([Wake("conv_1")])
    queue = BrokeredQueue(broker, store, clock, Quiet())
    (wake,) = await queue.receive(10, 0)
    return queue, broker, store, wake


async def test_a_delay_that_nobody_keeps_is_refused():
    """It is declared as none, an error names it, and nothing was given back."""
    queue, broker, store, wake = await received()
    assert queue.capabilities.max_delay_s == 0
    with pytest.raises(ValueError, match="delay"):
        await queue.release([Wake("conv_2", STORE), wake], 1)
    assert store.given_back == 0
    assert await broker.receive(10, 0) == []


async def test_the_brokers_wakes_do_not_wait_for_the_store():
    """A store that is away keeps no wake in hand that the broker holds for us."""
    queue, broker, store, wake = await received()
    with pytest.raises(StoreUnavailable):
        await queue.release([Wake("conv_2", STORE), wake], 0)
    assert store.given_back == 1
    assert [again.conversation_id for again in await broker.receive(10, 0)] == [
        "conv_1"
    ]
