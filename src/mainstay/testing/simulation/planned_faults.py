"""Draws what fails in a world, and when."""

from collections.abc import Callable, Sequence
from typing import get_args

from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.events import (
    BadWakes,
    ClockStep,
    Drain,
    Event,
    Freeze,
    Kill,
    ModelFault,
    Outage,
    Part,
    SlowStore,
    ToolTrouble,
)
from mainstay.testing.simulation.model import FALLBACK, PRIMARY
from mainstay.testing.simulation.outside import ToolFault
from mainstay.testing.simulation.planned_people import STORMS, TOOLS, TRAFFIC_S
from mainstay.testing.simulation.process import Point
from mainstay.testing.simulation.weather import FAULTS, Fault


class PlannedFaults:
    """Draws what fails, and when.

    Args:
        dice: of the plan.
        processes: names of all processes.
    """

    def __init__(self, dice: Dice, processes: Sequence[str]) -> None:
        self._dice = dice
        self._processes = processes
        workers = [name for name in processes if name.startswith("worker")]
        # Most of what can go wrong goes wrong in a worker.
        self._victims = [*processes, *workers, *workers]

    def events(self) -> list[Event]:
        """Return a few faults of a few kinds."""
        dice = self._dice
        kinds: list[Callable[[], Event]] = [
            self._kill,
            self._kill,
            self._kill_somewhere,
            self._freeze,
            self._freeze,
            self._block,
            self._drain,
            self._outage,
            self._slow_store,
            self._bad_wakes,
            self._clock_step,
            self._model_fault,
            self._model_fault,
            self._tool_trouble,
            self._tool_trouble,
        ]
        count = dice.one_of(0, 1, 2, 3, 4, 6, 8, 10)
        events = [dice.one_of(*kinds)() for _ in range(count)]
        return [*events, *(self._blackout() if dice.happens(0.1) else ())]

    def relapse(self) -> list[Event]:
        """Kill each worker early in a storm: the turn's next attempt is in it too."""
        dice, at_s = self._dice, self._at_s()
        fault: Fault = dice.one_of(*STORMS)
        if not dice.happens(0.05):
            return []
        storm = [
            ModelFault(at_s=at_s, model=model, fault=fault, for_s=25.0)
            for model in (PRIMARY, FALLBACK)
        ]
        kills = [
            Kill(
                at_s=at_s,
                process=name,
                point="answer",
                nth=dice.whole(2, 4),
                down_s=self._for_s(0.5, 3),
            )
            for name in self._processes
            if name.startswith("worker")
        ]
        return [*storm, *kills]

    def _kill(self) -> Kill:
        return Kill(
            at_s=self._at_s(),
            process=self._dice.one_of(*self._victims),
            point=self._dice.one_of(*get_args(Point)),
            nth=self._dice.whole(1, 4),
            down_s=self._for_s(0.5, 8),
        )

    def _kill_somewhere(self) -> Kill:
        return Kill(
            at_s=self._at_s(),
            process=self._dice.one_of(*self._victims),
            nth=self._dice.whole(1, 120),
            down_s=self._for_s(0.5, 8),
        )

    def _blackout(self) -> list[Event]:
        """All workers are gone for a while."""
        at_s, down_s = self._at_s(), self._for_s(5, 45)
        workers = [name for name in self._processes if name.startswith("worker")]
        return [Kill(at_s=at_s, process=name, down_s=down_s) for name in workers]

    def _freeze(self) -> Freeze:
        return Freeze(
            at_s=self._at_s(),
            process=self._dice.one_of(*self._victims),
            point=self._dice.one_of(*get_args(Point)),
            nth=self._dice.whole(1, 4),
            for_s=self._dice.one_of(self._for_s(0.5, 9), self._for_s(9, 18)),
        )

    def _block(self) -> Freeze:
        return Freeze(
            at_s=self._at_s(),
            process=self._dice.one_of(*self._victims),
            for_s=self._for_s(1, 18),
            whole=False,
        )

    def _drain(self) -> Drain:
        process = self._dice.one_of(*self._victims)
        return Drain(at_s=self._at_s(), process=process, down_s=self._for_s(0.2, 4))

    def _outage(self) -> Outage:
        part: Part = self._dice.one_of(*get_args(Part))
        return Outage(at_s=self._at_s(), part=part, for_s=self._for_s(0.3, 12))

    def _slow_store(self) -> SlowStore:
        by_s = self._for_s(0.01, 0.4)
        return SlowStore(at_s=self._at_s(), by_s=by_s, for_s=self._for_s(1, 15))

    def _bad_wakes(self) -> BadWakes:
        dice = self._dice
        return BadWakes(
            at_s=0.0,
            lost=dice.one_of(0.0, 0.3, 1.0),
            doubled=dice.one_of(0.0, 0.5),
            late=dice.one_of(0.0, 0.5, 1.0),
            for_s=self._for_s(5, 20),
        )

    def _clock_step(self) -> ClockStep:
        return ClockStep(at_s=self._at_s(), by_s=self._for_s(0.5, 15))

    def _model_fault(self) -> ModelFault:
        dice = self._dice
        fault: Fault = dice.one_of(*FAULTS)
        return ModelFault(
            at_s=dice.one_of(0.0, self._at_s()),
            model=dice.one_of(PRIMARY, PRIMARY, FALLBACK),
            fault=fault,
            share=0.5
            if fault in ("rotated", "pause_turn")
            else dice.one_of(0.3, 0.7, 1.0),
            retry_after_s=dice.one_of(None, 1.0, 5.0, 40.0),
            for_s=self._for_s(3, 40),
        )

    def _tool_trouble(self) -> ToolTrouble:
        dice = self._dice
        return ToolTrouble(
            at_s=dice.one_of(0.0, self._at_s()),
            tool=dice.one_of(*TOOLS, "refund"),
            fault=dice.one_of(*get_args(ToolFault)),
            share=dice.one_of(0.3, 0.7, 1.0),
            for_s=self._for_s(3, 30),
        )

    def _at_s(self) -> float:
        return round(self._dice.uniform(0.5, TRAFFIC_S + 3), 3)

    def _for_s(self, low: float, high: float) -> float:
        return round(self._dice.uniform(low, high), 3)
