"""Lets the faults of a plan strike."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context

from mainstay.testing.simulation.broker import Mood
from mainstay.testing.simulation.cluster import Cluster
from mainstay.testing.simulation.events import (
    BadWakes,
    ClockStep,
    Drain,
    Event,
    Freeze,
    Kill,
    ModelFault,
    Outage,
    SlowStore,
    ToolTrouble,
)
from mainstay.testing.simulation.member import Surroundings
from mainstay.testing.simulation.outside import Outside
from mainstay.testing.simulation.process import Process
from mainstay.testing.simulation.trace import Trace
from mainstay.testing.simulation.weather import Spell, Weather


class Striking:
    """Each fault begins at its time and ends at its time.

    Args:
        cluster: its processes.
        around: what they share.
        weather: the models'.
        outside: the tools'.
        trace: is told.
        on_change: called after each change of what can be had.

    Attributes:
        begun_s: when the last fault has begun.
    """

    def __init__(
        self,
        cluster: Cluster,
        around: Surroundings,
        weather: Weather,
        outside: Outside,
        trace: Trace,
        on_change: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._around = around
        self._weather = weather
        self._outside = outside
        self._trace = trace
        self._on_change = on_change
        self._loop = asyncio.get_running_loop()
        # Its own: a fault that struck inside a process ends whatever becomes of that.
        self._context = copy_context()
        self.begun_s = 0.0

    def plan(self, event: Event) -> None:
        """Let a fault happen."""
        self.begun_s = max(self.begun_s, event.at_s)
        self._loop.call_at(event.at_s, self._strike, event, context=self._context)

    def _strike(self, event: Event) -> None:
        self._trace.note(self._loop.time(), "fault", repr(event))
        match event:
            case Kill():
                self._kill(event)
            case Freeze():
                self._freeze(event)
            case Drain():
                self._cluster.drain(event.process, event.down_s)
            case ClockStep():
                self._around.database.clock.step(event.by_s)
            case Outage() | SlowStore() | BadWakes():
                self._spoil(event)
            case ModelFault():
                spell = Spell(event.fault, event.share, event.retry_after_s)
                self._weather.begin(event.model, spell)
                self._later(event.for_s, self._weather.end, event.model, spell)
            case ToolTrouble():
                self._outside.faults[event.tool] = (event.fault, event.share)
                self._later(event.for_s, self._outside.faults.pop, event.tool, None)
            case _:
                pass

    def _kill(self, event: Kill) -> None:
        process = self._cluster.processes.get(event.process)
        if process is None:
            return
        self._cluster.stays_down(event.process, event.down_s)
        if event.point is None:
            process.steps_left = event.nth
        else:
            process.trap(event.point, event.nth, lambda process: process.die())

    def _freeze(self, event: Freeze) -> None:
        process = self._cluster.processes.get(event.process)
        if process is None:
            return

        def strike(process: Process) -> None:
            (process.freeze if event.whole else process.block)()
            self._later(event.for_s, process.thaw)

        if event.point is None:
            strike(process)
        else:
            process.trap(event.point, event.nth, strike)

    def _spoil(self, event: Outage | SlowStore | BadWakes) -> None:
        self._set(event, begins=True)
        self._later(event.for_s, lambda: self._set(event, begins=False))

    def _set(self, event: Outage | SlowStore | BadWakes, *, begins: bool) -> None:
        around = self._around
        match event:
            case Outage(part="store"):
                around.database.is_away = begins
            case Outage(part="cache") if around.cache is not None:
                around.cache.is_away = begins
            case Outage(part="broker") if around.broker is not None:
                around.broker.is_away = begins
            case SlowStore(by_s=by_s):
                around.database.slow_s += by_s if begins else -by_s
            case BadWakes(lost=lost, doubled=doubled, late=late) if around.broker:
                around.broker.mood = Mood(lost, doubled, late) if begins else Mood()
            case _:
                pass
        self._on_change()

    def _later(
        self, seconds: float, work: Callable[..., object], *args: object
    ) -> None:
        self._loop.call_later(seconds, work, *args, context=self._context)
