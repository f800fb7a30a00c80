"""Makes a failing plan small: leaves out whatever the failure does not need."""

from collections.abc import Callable, Sequence

import msgspec

from mainstay.testing.simulation.events import Event, Plan
from mainstay.testing.simulation.world import Outcome, play

MOST_WORLDS = 400
"""Worlds that one shrinking may play."""


def shrunk(
    outcome: Outcome, *, play: Callable[[Plan], Outcome] = play, most: int = MOST_WORLDS
) -> Outcome:
    """Return the outcome of the smallest plan found that breaks the same rule.

    Leaves out events, first many at once, then one at a time, as Zeller's delta
    debugging does (https://doi.org/10.1109/32.988498).

    Args:
        outcome: of a world that failed; its first finding names the rule.
        play: plays a plan.
        most: worlds that may be played.
    """
    rule = outcome.findings[0].rule
    left, size = most, max(1, len(outcome.plan.events) // 2)
    while size >= 1 and left > 0:
        smaller = False
        at = 0
        while at < len(outcome.plan.events) and left > 0:
            left -= 1
            tried = play(_without(outcome.plan, at, size))
            if any(finding.rule == rule for finding in tried.findings):
                outcome, smaller = tried, True
            else:
                at += size
        size = size if smaller and size == 1 else size // 2
    return outcome


def _without(plan: Plan, at: int, size: int) -> Plan:
    events: Sequence[Event] = plan.events
    kept = (*events[:at], *events[at + size :])
    return msgspec.structs.replace(plan, events=kept)
