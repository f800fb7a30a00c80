"""One breaker whose openings and trials are those of all processes."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from mainstay.ports.circuits import (
    Circuit,
    Circuits,
    ForcedState,
    Opening,
    TrialResult,
)
from mainstay.ports.telemetry import CacheBypassed, Telemetry
from mainstay.resilience.breaker import Breaker, Permit

CANARY = ""
"""The place of a call that is no trial: nobody granted it."""

MAX_REPORTS = 64
"""Reports that wait to be sent; a trial whose report is dropped is given up in time."""


@dataclass(frozen=True, slots=True)
class _Report:
    epoch: int
    place: str
    result: TrialResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all shared breakers of a process have in common.

    Args:
        circuits: what all processes know.
        new_place: names a trial, differently in every process.
        nudge: asks for a look soon; never blocks.
        telemetry: is told of what could not be told.
    """

    circuits: Circuits
    new_place: Callable[[], str]
    nudge: Callable[[], None]
    telemetry: Telemetry


class SharedBreaker:
    """A breaker that asks the other processes before a trial, and tells them after it.

    While it is closed, or open, a call asks nobody else. Its trials are granted among
    all processes; when these cannot be asked it goes on by itself, with as many trials
    as it would have alone.

    Args:
        name: the same in every process.
        breaker: decides here.
        around: the rest.
    """

    def __init__(self, name: str, breaker: Breaker, around: Surroundings) -> None:
        self.name = name
        self.breaker = breaker
        self.reason = ""
        self._around = around
        self._epoch = 0
        self._told = 0
        self._missed = 0
        self._word = 0
        self._reports: deque[_Report] = deque(maxlen=MAX_REPORTS)

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until an open one lets a trial through; None unless open."""
        return self.breaker.retry_in_s

    async def admit(self) -> "Permit | Trial | None":
        """Let a call pass, or return None; report its result to what is returned."""
        breaker, options = self.breaker, self.breaker.options
        breaker.let_go()
        if not breaker.needs_trial:
            return self._without_asking()
        await self.tell()
        place, epoch = self._around.new_place(), self._epoch
        try:
            circuit = await self._around.circuits.probe(
                self.name, epoch, place, options.probes, options.probe_lost_s
            )
        except BaseException:
            self._report(_Report(epoch, place, "none"))
            raise
        if circuit is not None:
            self.adopt(circuit)
            if not circuit.granted:
                return None if breaker.needs_trial else breaker.admit()
            epoch = circuit.epoch
        elif self._around.circuits.is_up:
            # A late answer is no leave: only where there is none at all we go alone.
            self._report(_Report(epoch, place, "none"))
            return None
        permit = breaker.admit()
        if permit is None:
            self._report(_Report(epoch, place, "none"))
            return None
        return Trial(permit, lambda result: self._report(_Report(epoch, place, result)))

    def _without_asking(self) -> "Permit | Trial | None":
        permit, epoch = self.breaker.admit(), self._epoch
        if permit is None or not permit.is_canary:
            return permit

        def told(result: TrialResult) -> None:
            if result == "quick":
                self._report(_Report(epoch, CANARY, result))

        return Trial(permit, told)

    def trip(self, for_s: float, *, ramps: bool = False) -> None:
        """Open it for at least ``for_s`` seconds: the other side said to stay away."""
        self.breaker.trip(for_s, ramps=ramps)
        self._around.nudge()

    async def tell(self) -> None:
        """Tell what calls here led to; what cannot be told is tried again, or over."""
        await self._tell_opening()
        while self._reports:
            report, successes = self._reports.popleft(), self.breaker.options.successes
            try:
                circuit = await self._send(report, successes)
            except BaseException:
                # Cancelled for another's sake: told twice is told once.
                self._reports.appendleft(report)
                raise
            if circuit is None:
                self._reports.clear()
                return
            self.adopt(circuit)
            if circuit.slow >= successes and circuit.state == "half_open":
                self.breaker.reopen()
                await self._tell_opening()

    async def _send(self, report: _Report, successes: int) -> Circuit | None:
        circuits = self._around.circuits
        if report.place == CANARY:
            return await circuits.begin_trials(self.name, report.epoch)
        return await circuits.report(
            self.name, report.epoch, report.place, report.result, successes
        )

    def adopt(self, circuit: Circuit) -> None:
        """Take over what all processes know, once for each generation."""
        self._obey(circuit)
        breaker = self.breaker
        if not circuit.epoch or circuit.epoch < self._epoch:
            return
        if breaker.held_for_s:
            # The hold is a generation of its own: what ends it belongs to that one.
            if circuit.force is not None and circuit.force.for_s > 0:
                self._epoch = circuit.epoch
            return
        is_news, self._epoch = circuit.epoch > self._epoch, circuit.epoch
        if circuit.state == "closed":
            if is_news or self._told == breaker.openings:
                breaker.close(ramps=circuit.ramps)
        # Once only: whoever has recovered since is not opened by it again. But whose
        # clock is ahead waits for the others.
        elif is_news or (circuit.state == "open" and breaker.needs_trial):
            breaker.follow(
                circuit.for_s, ramps=circuit.ramps, reopened=circuit.reopened
            )
        elif circuit.state == "half_open" and self._told == breaker.openings:
            breaker.begin_trials()

    def hold(self, state: ForcedState, for_s: float, reason: str) -> None:
        """Do in this process what an operator said."""
        if state == "auto":
            self.breaker.let_go(now=True)
        elif for_s > 0:
            self.reason = reason
            self.breaker.hold(state, for_s)

    def _obey(self, circuit: Circuit) -> None:
        """Do what an operator said, once."""
        force = circuit.force
        if force is None or force.number <= self._word:
            return
        self._word = force.number
        self.hold(force.state, force.for_s, force.reason)

    async def _tell_opening(self) -> None:
        breaker, happened = self.breaker, self.breaker.openings
        if happened == self._told:
            return
        left_s = breaker.retry_in_s
        if not left_s:
            self._told = happened
            return
        opening = Opening(for_s=left_s, ramps=breaker.ramps, reopened=breaker.reopened)
        circuit = await self._around.circuits.open(self.name, self._epoch, opening)
        if circuit is not None:
            self._told = happened
            # Ours, or a newer one that makes ours old.
            self.adopt(circuit)
        elif self._missed != happened:
            self._missed = happened
            self._around.telemetry.emit(CacheBypassed("breaker"))

    def _report(self, report: _Report) -> None:
        self._reports.append(report)
        self._around.nudge()


class Trial:
    """A trial; its first report counts, here and for all, later ones are ignored.

    Args:
        permit: of this process's breaker.
        report: gives the trial back; never blocks.
    """

    __slots__ = ("_permit", "_report")

    def __init__(self, permit: Permit, report: Callable[[TrialResult], None]) -> None:
        self._permit = permit
        self._report: Callable[[TrialResult], None] | None = report

    def success(self, *, slow: bool = False) -> None:
        """The call worked; ``slow`` when it took longer than is good."""
        self._permit.success(slow=slow)
        self._give_back("slow" if slow else "quick")

    def failure(self) -> None:
        """The call failed through the fault of the other side."""
        self._permit.failure()
        # The opening is told by itself, before this, and ends all trials.
        self._give_back("none")

    def neutral(self) -> None:
        """The call tells nothing: cancelled, or our own fault."""
        self._permit.neutral()
        self._give_back("none")

    def _give_back(self, result: TrialResult) -> None:
        report, self._report = self._report, None
        if report is not None:
            report(result)
