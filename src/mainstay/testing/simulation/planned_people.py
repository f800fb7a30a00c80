"""Draws what people do in a world: who writes what and when, who takes over."""

from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.events import Event, ModelFault, Say, TakeOver
from mainstay.testing.simulation.model import FALLBACK, PRIMARY
from mainstay.testing.simulation.weather import Fault

TRAFFIC_S = 10.0
"""Customers begin to write within this time, and most faults fall into it."""

TOOLS = ("lookup", "refund", "ship", "voucher")
MINE = "Where is my order?"
"""The same words from everybody; the answer is nobody else's business."""

QUESTIONS = (
    "What are the opening hours?",
    "How do returns work here?",
    "Is the weather nice today?",
    MINE,
)
FIRST_ORDER = 1000
NUMBER = "#"
STORMS: tuple[Fault, ...] = ("overloaded", "server", "cut")
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
        self._curious = crowd and dice.happens(0.4)
        self._wonders = dice.one_of(MINE, QUESTIONS[0])
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
        if self._crowd_s is not None:
            events += self._storm(self._crowd_s)
        return events

    def _storm(self, crowd_s: float) -> list[ModelFault]:
        """Fail every call of one wave: of a curious crowd the last, else the first."""
        fault: Fault = self._dice.one_of(*STORMS)
        if self._curious:
            at_s, for_s = crowd_s + 2 * WAVE_S - 1.0, 12.0
            models = (PRIMARY, FALLBACK)
        else:
            at_s, for_s = 0.0, crowd_s + 4.0
            models = (PRIMARY,) if self._dice.happens(0.7) else ()
        return [
            ModelFault(at_s=at_s, model=model, fault=fault, for_s=for_s)
            for model in models
        ]

    def _talk(self, talk: int) -> list[Event]:
        dice, at_s = self._dice, self._time_s()
        if self._crowd_s is not None:
            waves = [self._text(), *(self._again() for _ in range(1 + self._curious))]
            return [
                self._say(talk, at_s + wave * WAVE_S, text)
                for wave, text in enumerate(waves)
            ]
        events: list[Event] = []
        for _ in range(dice.whole(1, 4)):
            events.append(self._say(talk, at_s, self._text()))
            # A burst, or a while later.
            at_s += dice.one_of(0.0, dice.uniform(0, 0.5), dice.uniform(0.5, 6.0))
        return events

    def _say(self, talk: int, at_s: float, text: str) -> Say:
        dice = self._dice
        self._refs += 1
        gives_up = dice.happens(0.1)
        return Say(
            at_s=round(at_s, 3),
            talk=talk,
            ref=self._refs,
            text=text.replace(NUMBER, str(self._refs)),
            tries=1 if gives_up else 40,
            patience_s=round(dice.uniform(0.01, 5.0), 3),
            waits=self._crowd_s is None and dice.happens(0.5),
        )

    def _again(self) -> str:
        """What a crowd writes in a later wave; a curious one all the same."""
        return self._wonders if self._curious else self._text()

    def _text(self) -> str:
        dice = self._dice
        if dice.happens(0.15):
            return dice.one_of(*QUESTIONS)
        if dice.happens(0.08):
            return f"Please, may I talk to a human? (ref {NUMBER})"
        count = dice.one_of(0, 1, 1, 1, 2, 3)
        wishes = "; ".join(self._wish() for _ in range(count)) or "hello"
        return f"Please: {wishes} (ref {NUMBER})"

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
