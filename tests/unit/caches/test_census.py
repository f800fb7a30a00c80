"""How many gateways live is counted in the background."""

from mainstay.caches.census import EVERY_S, Census
from mainstay.domain.errors import StoreUnavailable
from mainstay.ports.telemetry import Trouble
from mainstay.testing.clock import ManualClock
from mainstay.testing.world import Notes


class Book:
    """Leases that know a number, or nothing."""

    count: int | None = 2
    fault: Exception = StoreUnavailable("gone")

    async def serving(self, role: str) -> int:
        """Return the number."""
        assert role == "gateway"
        if self.count is None:
            raise self.fault
        return self.count


async def test_it_counts_again_and_again():
    """At its start and every few seconds; it never asks when it is asked."""
    book, clock, notes = Book(), ManualClock(), Notes()
    census = Census(book, "gateway", notes, clock)
    assert census.count == 1
    await census.start()
    assert census.count == 2
    book.count = 5
    assert census.count == 2
    await clock.run_for(EVERY_S)
    assert census.count == 5
    await census.stop()
    assert notes.events == []


async def test_a_store_that_is_away_leaves_the_last_count():
    """And is told of; nobody at all means this one."""
    book, clock, notes = Book(), ManualClock(), Notes()
    census = Census(book, "gateway", notes, clock)
    await census.look()
    book.count = None
    await census.look()
    assert census.count == 2
    assert notes.events == [Trouble("census", "gone")]
    book.count = 0
    await census.look()
    assert census.count == 1


async def test_a_fault_that_nobody_expected_does_not_end_the_counting():
    """It is told, and the next look counts again."""
    book, clock, notes = Book(), ManualClock(), Notes()
    census = Census(book, "gateway", notes, clock)
    await census.start()
    book.count, book.fault = None, RuntimeError("odd")
    await clock.run_for(EVERY_S)
    assert notes.events == [Trouble("census", "RuntimeError('odd')")]
    book.count = 4
    await clock.run_for(EVERY_S)
    assert census.count == 4
    await census.stop()
