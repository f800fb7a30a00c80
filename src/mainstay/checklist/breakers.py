"""Check 3: breakers open, are seen to be open elsewhere, and close again."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from mainstay.caches.shared_breaker import SharedBreaker
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.checklist.finding import Finding, failed, passed
from mainstay.ports.chance import Ids, Random
from mainstay.ports.circuits import Circuits
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry
from mainstay.resilience.breaker import Breaker, BreakerOptions

OPEN_S = 1.0
"""How long the shadow breaker stays open: long enough to be seen."""

TRIES = 3
"""So often may Redis be late for a moment, which is no fault of the breakers."""

LOOK_AT_REDIS = "look at Redis: may its user use mainstay:circuit:* and :trials:*?"


@dataclass(frozen=True, slots=True)
class Stage:
    """What a breaker is made from, as in a process of the deployment.

    Args:
        circuits: what all processes know.
        shared: whether other processes have the same.
        options: of the breakers of models.
        clock: monotonic time.
        random: varies the open times.
        ids: names the shadow breaker.
        telemetry: is told of what could not be told.
    """

    circuits: Circuits
    shared: bool
    options: BreakerOptions
    clock: Clock
    random: Random
    ids: Ids
    telemetry: Telemetry

    def join(self, name: str) -> "Side":
        """Return the breaker of that name, as one more process has it."""
        all_ = SharedBreakers(
            self.circuits, self.ids, self.telemetry, is_fleet=self.shared
        )
        times = {"open_s": OPEN_S, "open_max_s": OPEN_S, "jitter": 0.0}
        options = replace(self.options, **times)
        breaker = Breaker(self.clock, self.random, options, on_change=lambda _: None)
        return Side(all_, all_.share(name, breaker))


@dataclass(frozen=True, slots=True)
class Side:
    """A process's part in the play.

    Args:
        all: its breakers: there is one.
        breaker: the shadow.
    """

    all: SharedBreakers
    breaker: SharedBreaker


@dataclass(frozen=True, slots=True)
class BreakersConfigured:
    """Trips a shadow breaker with the deployment's threshold, and mends it.

    Args:
        names: the breakers that the deployment has.
        stage: makes the shadow.
    """

    names: Collection[str]
    stage: Stage
    title: str = "circuit breakers configured"

    async def look(self) -> Finding:
        """Play two processes: one sees failures, the other hears of them."""
        if not self.names:
            return failed("there is no breaker", "name a provider in CLAUDE_PROVIDERS")
        if self.stage.shared and not self.stage.circuits.is_up:
            return failed("Redis does not answer", "start it, or correct REDIS_URL")
        fault = await self._play()
        for _ in range(TRIES - 1 if self.stage.shared else 0):
            if fault is not None:
                # As long as Redis, once cut off, is not asked again.
                await self.stage.clock.sleep(OPEN_S)
                fault = await self._play()
        return fault or passed(self._told())

    async def _play(self) -> Finding | None:
        name = self.stage.ids.new("check")
        here, there = self.stage.join(name), self.stage.join(name)
        return await self._opens(here, there) or await self._closes(here, there)

    async def _opens(self, here: "Side", there: "Side") -> Finding | None:
        if fault := await self._trip(here.breaker):
            return fault
        await here.all.look()
        await there.all.look()
        if await there.breaker.admit() is not None:
            return failed("a second process did not hear of an opening", LOOK_AT_REDIS)
        return None

    async def _closes(self, here: "Side", there: "Side") -> Finding | None:
        await self.stage.clock.sleep(OPEN_S)
        for _ in range(self.stage.options.successes):
            call = await here.breaker.admit()
            if call is None:
                return failed("an open breaker gave no trial in time", LOOK_AT_REDIS)
            call.success()
            await here.all.look()
        if here.breaker.breaker.state != "closed":
            return failed("a breaker stayed open after good trials", LOOK_AT_REDIS)
        await there.all.look()
        if there.breaker.breaker.state != "closed":
            return failed("a second process did not hear of a closing", LOOK_AT_REDIS)
        return None

    async def _trip(self, mine: SharedBreaker) -> Finding | None:
        threshold = self.stage.options.failures_in_a_row
        for n in range(threshold):
            call = await mine.admit()
            if call is None:
                told = f"a breaker was open after {n} failures, not {threshold}"
                return failed(told, "check BREAKER_THRESHOLD")
            call.failure()
        if await mine.admit() is not None:
            told = f"a breaker let a call pass after {threshold} failures"
            return failed(told, "check BREAKER_THRESHOLD")
        return None

    def _told(self) -> str:
        where = "shared by all processes" if self.stage.shared else "each process alone"
        count = len(self.names)
        return f"{count} breakers, {where}; a shadow one opened and closed"
