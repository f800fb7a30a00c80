"""Every promise, checked on what a world left behind."""

from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.judges import (
    breakers,
    calls,
    effects,
    ends,
    promises,
    replies,
)

JUDGES = (promises, effects, replies, calls, breakers, ends)


def broken(evidence: Evidence) -> list[Finding]:
    """Return each promise that was broken, in the judges' order."""
    return [finding for judge in JUDGES for finding in judge.judge(evidence)]


def slowest_s(evidence: Evidence) -> float:
    """Return the longest that a customer waited to hear anything, seconds."""
    waited = (promises.waited(evidence, said) for said in evidence.customers())
    return max(waited, default=0.0)
