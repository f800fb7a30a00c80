"""A model whose time to first text rises with its load, and customers, in no time."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from mainstay.resilience.concurrency_limit import ConcurrencyLimit, Slot
from mainstay.testing.chance import SeededRandom
from mainstay.testing.clock import ManualClock

SPREAD = 0.3
"""Times to first text vary by so much both ways; those of a real model do too."""

GIVEN_UP_S = 8.0


@dataclass
class LoadedModel:
    """Plays calls through a limit; each customer calls again when a call ends.

    Args:
        first_text_s: seconds to the first text with so many calls at once; past 8 s
            the call is given up.
        writes_s: seconds that it writes on after that.
        turns_away: with more calls at once it turns the new one away.
    """

    first_text_s: Callable[[int], float]
    writes_s: float = 1.0
    turns_away: int = 10_000
    clock: ManualClock = field(default_factory=ManualClock)
    causes: list[str] = field(default_factory=list[str])
    customers: int = 0
    ended: int = 0
    limit: ConcurrencyLimit = field(init=False)
    chance: SeededRandom = field(default_factory=SeededRandom)
    _ends: list[tuple[float, int, Slot, float | None]] = field(
        default_factory=list[tuple[float, int, Slot, float | None]]
    )
    _started: int = 0

    def __post_init__(self) -> None:
        self.limit = ConcurrencyLimit(self.clock, on_change=self._moved)

    def run_for(self, seconds: int, customers: int) -> list[int]:
        """Play on with so many customers; return the limit after each second."""
        self.customers = customers
        self._start()
        return [self._second() for _ in range(seconds)]

    def _second(self) -> int:
        until_s = self.clock.monotonic_s() + 1
        while self._ends and self._ends[0][0] <= until_s:
            due_s, _, slot, first_s = heapq.heappop(self._ends)
            self.clock.advance(max(0.0, due_s - self.clock.monotonic_s()))
            self._end(slot, first_s)
            self._start()
        self.clock.advance(until_s - self.clock.monotonic_s())
        return self.limit.limit

    def _end(self, slot: Slot, first_s: float | None) -> None:
        if first_s is None:
            slot.overloaded()
        else:
            slot.ended(first_s)
            self.ended += 1

    def _start(self) -> None:
        while self.limit.in_flight < self.customers:
            slot = self.limit.admit(underway=True)
            if slot is None:
                return
            self._started += 1
            first_s, takes_s = self._takes(self.limit.in_flight)
            due_s = self.clock.monotonic_s() + takes_s
            heapq.heappush(self._ends, (due_s, self._started, slot, first_s))

    def _takes(self, load: int) -> tuple[float | None, float]:
        if load > self.turns_away:
            return None, 0.2
        vary = self.chance.uniform(1 - SPREAD, 1 + SPREAD)
        first_s = self.first_text_s(load) * vary
        if first_s > GIVEN_UP_S:
            return GIVEN_UP_S, GIVEN_UP_S
        return first_s, first_s + self.writes_s

    def _moved(self, limit: int, cause: str) -> None:
        self.causes.append(cause)


def queueing(usual_s: float, bears: int) -> Callable[[int], float]:
    """Return times of a model that works on so many calls; further ones queue."""
    return lambda load: usual_s * max(1.0, load / bears)
