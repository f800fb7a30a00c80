"""Some processes, each with a model's breaker and a tool's, and what they share."""

from tests.unit.caches.fickle import Bypasses, FickleCircuits

from mainstay.caches.shared_breaker import SharedBreaker, Trial
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.resilience.breaker import Breaker, BreakerOptions, Permit
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock
from mainstay.testing.ids import CountedIds

MODEL, TOOL = "anthropic/main/sonnet", "tool/refund"

OPEN_S = 60.0
"""The first open time when chance is 0.5."""


class Process:
    """One process."""

    def __init__(
        self, circuits: FickleCircuits, clock: ManualClock, ids: CountedIds
    ) -> None:
        self.bypasses = Bypasses()
        self.shared = SharedBreakers(circuits, ids, self.bypasses, is_fleet=True)
        self.states: list[str] = []
        self._clock = clock
        self.model = self._share(MODEL)
        self.tool = self._share(TOOL)

    def _share(self, name: str) -> SharedBreaker:
        def changed(state: str) -> None:
            self.states.append(state)
            if state == "open":
                self.shared.nudge()

        breaker = Breaker(
            self._clock, ScriptedRandom(0.5), BreakerOptions(), on_change=changed
        )
        return self.shared.share(name, breaker)

    @property
    def state(self) -> str:
        """Where its model's breaker stands."""
        return self.model.breaker.state

    @property
    def left_s(self) -> float:
        """The seconds that its model's breaker stays open."""
        assert self.model.retry_in_s is not None
        return self.model.retry_in_s

    async def admit(self) -> Permit | Trial:
        """Return a permit for its model; the test fails if there is none."""
        permit = await self.model.admit()
        assert permit is not None
        return permit

    async def call(self, results: str) -> None:
        """Call its model, one call after the other: ``.``, slow ``s``, failed ``x``."""
        for result in results:
            permit = await self.admit()
            if result == "x":
                permit.failure()
            else:
                permit.success(slow=result == "s")


class Fleet:
    """Three processes; the clock of what they share may go its own way."""

    def __init__(self) -> None:
        self.clock, self.shared_clock = ManualClock(), ManualClock()
        self.circuits, ids = FickleCircuits(self.shared_clock), CountedIds()
        self.one, self.two, self.three = (
            Process(self.circuits, self.clock, ids) for _ in range(3)
        )
        self.all = (self.one, self.two, self.three)

    def advance(self, seconds: float) -> None:
        """Move all time on."""
        self.clock.advance(seconds)
        self.shared_clock.advance(seconds)

    async def look(self) -> None:
        """Let all look, twice, as they would within two seconds."""
        for process in self.all * 2:
            await process.shared.look()

    async def half_open(self) -> "Fleet":
        """Return itself with trials due, and everybody aware of it."""
        await self.one.call("xxxxx")
        await self.look()
        self.advance(OPEN_S)
        return self

    @property
    def states(self) -> list[str]:
        """Where the processes' breakers stand."""
        return [process.state for process in self.all]
