"""Draws what people do in a world: who writes what and when, who takes over."""

from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.events import Event, ModelFault, Say, TakeOver
from mainstay.testing.simulation.model import PRIMARY

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


class PlannedPeople:
    """Draws what customers and operators do.

    Args:
        dice: of the plan.
        talks: how many conversations.
        crowd: whether all write at once, in two waves.
    """

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
