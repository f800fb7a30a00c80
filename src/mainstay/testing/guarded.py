"""A breaker under test: on a manual clock, driven by results."""

from dataclasses import dataclass, field

from mainstay.resilience.breaker import Breaker, Permit, State
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock

OPEN_S = 60.0
"""The first open time when chance is 0.5."""


@dataclass
class Guarded:
    """A breaker with default options on a manual clock, and the states it told of."""

    shares: tuple[float, ...] = (0.5,)
    clock: ManualClock = field(default_factory=ManualClock)
    told: list[State] = field(default_factory=list[State])

    def __post_init__(self) -> None:
        random = ScriptedRandom(*self.shares)
        self.breaker = Breaker(self.clock, random, on_change=self.told.append)

    def admit(self) -> Permit:
        """Return a permit; the test fails if there is none."""
        permit = self.breaker.admit()
        assert permit is not None
        return permit

    def call(self, results: str) -> None:
        """Make calls one after the other: quick ``.``, slow ``s``, failed ``x``."""
        for result in results:
            permit = self.admit()
            match result:
                case "x":
                    permit.failure()
                case "s":
                    permit.success(slow=True)
                case _:
                    permit.success()

    def opened(self) -> "Guarded":
        """Return itself, opened by failures."""
        self.call("xxxxx")
        assert self.breaker.state == "open"
        return self

    def half_open(self) -> "Guarded":
        """Return itself, opened and ready for trials."""
        self.opened().clock.advance(OPEN_S)
        return self

    def closed_again(self) -> "Guarded":
        """Return itself at the begin of the ramp."""
        self.half_open().call("...")
        assert self.breaker.state == "closed"
        return self

    def admitted(self, calls: int) -> int:
        """Return how many of so many calls get through; each works."""
        permits = [self.breaker.admit() for _ in range(calls)]
        for permit in permits:
            if permit is not None:
                permit.success()
        return sum(permit is not None for permit in permits)
