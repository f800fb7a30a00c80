"""One simulated world, from its plan to what was found wrong with it."""

import asyncio
import gc
from contextvars import Context
from dataclasses import dataclass, field

from mainstay.ports.telemetry import AnyEvent, BreakerChanged
from mainstay.testing.ids import CountedIds
from mainstay.testing.simulation.availability import Availability
from mainstay.testing.simulation.broker import Broker
from mainstay.testing.simulation.burials import Burials
from mainstay.testing.simulation.clocks import StoreClock
from mainstay.testing.simulation.cluster import Cluster
from mainstay.testing.simulation.database import Database
from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.events import Outage, Plan, Say, TakeOver
from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.history import History
from mainstay.testing.simulation.invariants import broken, slowest_s
from mainstay.testing.simulation.liveness import SimulatedLiveness
from mainstay.testing.simulation.loop import SimulatedLoop, Stuck
from mainstay.testing.simulation.member import Surroundings
from mainstay.testing.simulation.model import SimulatedModel
from mainstay.testing.simulation.outside import OUTSIDE, Outside
from mainstay.testing.simulation.people import People
from mainstay.testing.simulation.process import Process
from mainstay.testing.simulation.shared_cache import SharedCache
from mainstay.testing.simulation.shop import SCOPE
from mainstay.testing.simulation.storing import open_simulated
from mainstay.testing.simulation.striking import Striking
from mainstay.testing.simulation.trace import Trace
from mainstay.testing.simulation.weather import Weather
from mainstay.testing.simulation.witness import Witness

SETTLES_S = 600.0
"""What a world gets to come to rest after its last fault: a breaker may stay open for
five minutes, and a held turn then waits up to one more."""

LOOK_S = 1.0


@dataclass(slots=True)
class Outcome:
    """What became of a world.

    Args:
        plan: what was to happen.
        findings: what must not be; empty is good.
        fingerprint: of the trace.
        trace: its newest lines.
        turns: how many turns there were.
        slowest_s: the longest that a customer waited to hear anything, seconds.
        simulated_s: how long the world lasted, simulated seconds.
    """

    plan: Plan
    findings: list[Finding] = field(default_factory=list[Finding])
    fingerprint: str = ""
    trace: list[str] = field(default_factory=list[str])
    turns: int = 0
    slowest_s: float = 0.0
    simulated_s: float = 0.0


def play(plan: Plan) -> Outcome:
    """Let a world happen; the same plan gives the same outcome, bit for bit."""
    gc.disable()
    try:
        # A context of its own: nothing of an earlier world is seen in it.
        return Context().run(_play, plan)
    finally:
        gc.enable()


def _play(plan: Plan) -> Outcome:
    loop, trace = SimulatedLoop(), Trace()
    outside = Outside(Dice(plan.seed, "outside"), trace)
    OUTSIDE.set(outside)
    outcome = Outcome(plan)
    try:
        world = loop.run_until_complete(_begun(plan, loop, outside, trace))
        try:
            loop.run_until_complete(world.live())
        except Stuck as error:
            outcome.findings.append(Finding("stuck", str(error)))
        world.cluster.is_over = True
        loop.run_until_complete(world.judge(outcome))
    finally:
        loop.close()
    world.database.close()
    return outcome


async def _begun(
    plan: Plan, loop: SimulatedLoop, outside: Outside, trace: Trace
) -> "World":
    return World(plan, loop, outside, trace)


class World:
    """Everything that there is in one world.

    Args:
        plan: what happens in it.
        loop: makes its time.
        outside: the world outside.
        trace: is told everything.
    """

    def __init__(
        self, plan: Plan, loop: SimulatedLoop, outside: Outside, trace: Trace
    ) -> None:
        self._plan = plan
        self._loop = loop
        self.trace = trace
        self.history = History(self.trace)
        self.availability = Availability()
        clock = StoreClock(loop)
        self.database = Database(clock, self._dice("commits"), self._take_down)
        self.witness = Witness(self.database.connection, loop.time)
        weather = Weather(self._dice("weather").happens)
        self.outside = outside
        self.model = SimulatedModel(weather, self._dice("model"), self.trace)
        around = Surroundings(
            database=self.database,
            broker=Broker(clock, self._dice("broker")) if plan.brokered else None,
            cache=SharedCache(clock) if plan.shared else None,
            model=self.model,
            liveness=SimulatedLiveness(),
            ids=CountedIds(),
            dice=self._dice,
            tell=self._tell,
            open_s=plan.open_s,
        )
        self.burials = Burials(self.witness, self.availability)
        self.cluster = Cluster(
            plan.processes,
            around,
            self._dice("balancer"),
            self.trace,
            self._changed,
            self._watch,
        )
        self.people = People(self.cluster, self.history, self._dice("people"))
        self.told: list[tuple[float, str, AnyEvent]] = []
        self.changes: list[tuple[int, str, BreakerChanged]] = []
        self._striking = Striking(
            self.cluster, around, weather, self.outside, self.trace, self._changed
        )

    async def live(self) -> None:
        """Let everything happen, until nothing is left to do."""
        self.cluster.start()
        for event in self._plan.events:
            if not isinstance(event, Say):
                self._striking.plan(event)
        self._populate()
        await self._pause(self._striking.begun_s)
        end_s = self._loop.time() + SETTLES_S
        while self._loop.time() < end_s and not self._is_at_rest():
            await self._pause(LOOK_S)
        await self._pause(LOOK_S)

    async def judge(self, outcome: Outcome) -> None:
        """Note what must not be."""
        evidence = self._evidence()
        store = open_simulated(self.database, CountedIds(), SCOPE)
        self.database.is_away = False
        verdict = await store.audit.verify()
        if not verdict.intact:
            broke = f"at entry {verdict.broken_at} of {verdict.entries}"
            outcome.findings.append(Finding("broken audit chain", broke))
        outcome.findings += broken(evidence)
        outcome.turns = len(evidence.turns)
        outcome.slowest_s = slowest_s(evidence)
        outcome.simulated_s = self._loop.time()
        outcome.fingerprint = self.trace.fingerprint
        outcome.trace = self.trace.lines

    def _evidence(self) -> Evidence:
        workers = (member.worker for member in self.cluster.members.values())
        return Evidence(
            connection=self.database.connection,
            now_ms=self.database.clock.now_ms(),
            said=self.history.said,
            owners=self.history.owners,
            promises=self.people.promises,
            deeds=self.outside.deeds,
            calls=self.model.calls,
            told=self.told,
            changes=self.changes,
            availability=self.availability,
            seen=self.witness.seen,
            late_burials=self.burials.late,
            faults=[*self._loop.faults, *self.model.faults],
            is_fleet=self._plan.shared
            and not any(
                isinstance(event, Outage) and event.part == "cache"
                for event in self._plan.events
            ),
            in_flight=sum(w.in_flight for w in workers if w is not None),
        )

    def _populate(self) -> None:
        self.people.man_the_desk()
        for talk in range(self._plan.talks):
            says = [
                e for e in self._plan.events if isinstance(e, Say) and e.talk == talk
            ]
            if not says:
                continue
            self.people.converse(talk, says)
            for event in self._plan.events:
                if isinstance(event, TakeOver) and event.talk == talk:
                    self.people.take_over(event)

    def _is_at_rest(self) -> bool:
        return (
            self.people.busy == 0
            and self.cluster.is_whole
            and not self.database.is_away
            and self.witness.is_at_rest(self.database.clock.now_ms())
        )

    def _take_down(self, touched: set[str]) -> None:
        connection = self.database.connection
        self.history.take_down(connection, self._loop.time(), touched)

    def _watch(self, process: Process) -> None:
        self.burials.expect(process)
        self.witness.standstills.note(process)

    def _changed(self) -> None:
        is_served = self.cluster.serves and not self.database.is_away
        self.availability.note(self._loop.time(), is_served=is_served)

    def _tell(self, process: Process, event: AnyEvent) -> None:
        at_s = self._loop.time()
        self.told.append((at_s, process.id, event))
        if isinstance(event, BreakerChanged):
            self.changes.append((self.trace.count, process.id, event))
        self.trace.note(at_s, process.id, repr(event))

    def _dice(self, part: str) -> Dice:
        return Dice(self._plan.seed, part)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))  # noqa: TID251 - simulated time
