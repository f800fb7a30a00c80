"""Draws a plan from a seed: what people do, and what fails."""

import msgspec

from mainstay.testing.simulation.dice import Dice
from mainstay.testing.simulation.events import Plan
from mainstay.testing.simulation.planned_faults import PlannedFaults
from mainstay.testing.simulation.planned_people import PlannedPeople


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed; always the same one."""
    dice = Dice(seed, "plan")
    # Now and then many write at once, to see what a crowd does.
    crowd = dice.happens(0.15)
    empty = Plan(
        seed=seed,
        talks=dice.whole(8, 12) if crowd else dice.whole(2, 6),
        gateways=dice.one_of(1, 2, 2),
        workers=dice.one_of(2, 2, 3),
        brokered=dice.happens(0.7),
        shared=dice.happens(0.6),
        open_s=3.0 if crowd else dice.one_of(3.0, 10.0, 60.0),
        events=(),
    )
    people = PlannedPeople(dice, empty.talks, crowd=crowd)
    faults = PlannedFaults(dice, empty.processes)
    # With dice of its own: worlds without one are the same as before there were any.
    relapse = PlannedFaults(Dice(seed, "relapse"), empty.processes).relapse()
    events = sorted(
        [*people.events(), *faults.events(), *relapse], key=lambda event: event.at_s
    )
    return msgspec.structs.replace(empty, events=tuple(events))
