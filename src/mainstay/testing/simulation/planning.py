"""Draws a plan from a seed: what people do, and what fails."""

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
    Plan,
    Say,
    SlowStore,
    TakeOver,
    ToolTrouble,
)
from mainstay.testing.simulation.model import FALLBACK, PRIMARY
from mainstay.testing.simulation.outside import ToolFault
from mainstay.testing.simulation.process import Point
from mainstay.testing.simulation.weather import FAULTS

TRAFFIC_S = 10.0
"""Customers begin to write within this time, and most faults fall into it."""

TOOLS = ("lookup", "refund", "ship", "voucher")
QUESTIONS = (
    "What are the opening hours?",
    "How do returns work here?",
    "Is the weather nice today?",
    "Where is my order?",
)
FIRST_ORDER = 1000
WAVE_S = 7.0
"""Between the two waves of a crowd: breakers that one opened try in the other."""


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed; always the same one."""
    dice = Dice(seed, "plan")
    # Now and then many write at once, to see what a crowd does.
    crowd = dice.happens(0.15)
    talks = dice.whole(8, 12) if crowd else dice.whole(2, 6)
    empty = Plan(
        seed=seed,
        gateways=dice.one_of(1, 2, 2),
        workers=dice.one_of(2, 2, 3),
        brokered=dice.happens(0.7),
        shared=dice.happens(0.6),
        open_s=3.0 if crowd else dice.one_of(3.0, 10.0, 60.0),
        talks=talks,
        events=(),
    )
    people = _People(dice, talks, crowd=crowd)
    faults = _Faults(dice, empty.processes)
    events = [*people.events(), *faults.events()]
    events.sort(key=lambda event: event.at_s)
    return Plan(
        seed=seed,
        gateways=empty.gateways,
        workers=empty.workers,
        brokered=empty.brokered,
        shared=empty.shared,
        open_s=empty.open_s,
        talks=talks,
        events=tuple(events),
    )


class _People:
    """Draws customers and operators."""

    def __init__(self, dice: Dice, talks: int, *, crowd: bool) -> None:
        self._dice = dice
        self._crowd_s = dice.uniform(1.0, TRAFFIC_S) if crowd else None
        self._talks = talks
        self._refs = 0
        self._orders = FIRST_ORDER

    def events(self) -> list[Event]:
        """Return what people do."""
        events: list[Event] = []
        for talk in range(self._talks):
            events += self._talk(talk)
            if self._dice.happens(0.2):
                events.append(self._take_over(talk))
        if self._crowd_s is not None and self._dice.happens(0.5):
            events.append(self._storm(self._crowd_s))
        return events

    def _storm(self, crowd_s: float) -> ModelFault:
        """Fail every call of a crowd's first wave."""
        fault = self._dice.one_of("overloaded", "server", "cut")
        return ModelFault(at_s=0.0, model=PRIMARY, fault=fault, for_s=crowd_s + 4.0)

    def _talk(self, talk: int) -> list[Event]:
        dice, at_s = self._dice, self._time_s()
        events: list[Event] = []
        for _ in range(2 if self._crowd_s else dice.whole(1, 4)):
            self._refs += 1
            gives_up = dice.happens(0.1)
            events.append(
                Say(
                    at_s=round(at_s, 3),
                    talk=talk,
                    ref=self._refs,
                    text=self._text(),
                    tries=1 if gives_up else 40,
                    patience_s=round(dice.uniform(0.01, 5.0), 3),
                    waits=dice.happens(0.5),
                )
            )
            # A burst, or a while later.
            gaps_s = (0.0, dice.uniform(0, 0.5), dice.uniform(0.5, 6.0))
            at_s += WAVE_S if self._crowd_s else dice.one_of(*gaps_s)
        return events

    def _text(self) -> str:
        dice = self._dice
        if dice.happens(0.15):
            return dice.one_of(*QUESTIONS)
        if dice.happens(0.08):
            return f"Please, may I talk to a human? (ref {self._refs})"
        count = dice.one_of(0, 1, 1, 1, 2, 3)
        wishes = "; ".join(self._wish() for _ in range(count)) or "hello"
        return f"Please: {wishes} (ref {self._refs})"

    def _wish(self) -> str:
        dice = self._dice
        self._orders += 1
        order = self._orders
        if dice.happens(0.1):
            # Once more what somebody asked for before.
            order = dice.whole(FIRST_ORDER + 1, order)
            return f"refund order {order} of 50"
        tool = dice.one_of(*TOOLS)
        amount = dice.one_of(50, 50, 50, 500)
        return f"{tool} order {order}" + (f" of {amount}" if tool == "refund" else "")

    def _take_over(self, talk: int) -> TakeOver:
        dice = self._dice
        return TakeOver(
            at_s=round(dice.uniform(0.5, TRAFFIC_S + 4), 3),
            talk=talk,
            replies=dice.happens(0.6),
            for_s=None if dice.happens(0.3) else round(dice.uniform(0.2, 15), 3),
        )

    def _time_s(self) -> float:
        if self._crowd_s is not None:
            return self._crowd_s + self._dice.uniform(0.0, 0.3)
        return self._dice.uniform(1.0, TRAFFIC_S)


class _Faults:
    """Draws what fails."""

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
        part = self._dice.one_of("store", "cache", "broker")
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
        fault = dice.one_of(*FAULTS)
        return ModelFault(
            at_s=dice.one_of(0.0, self._at_s()),
            model=dice.one_of(PRIMARY, PRIMARY, FALLBACK),
            fault=fault,
            share=0.5 if fault == "rotated" else dice.one_of(0.3, 0.7, 1.0),
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
