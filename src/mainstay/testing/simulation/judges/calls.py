"""One retry loop: at most three retries an attempt, at most one of them after a 529."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mainstay.ports.telemetry import TurnEnded
from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.model import Call

MOST_RETRIES = 3
FREE = ("ok", "rotated", "too_long", "invalid")
"""Ends after which the same level is called again without a retry: with tool results,
another key, or another prompt."""


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield each attempt at a turn that retried too often, counted at the model."""
    for calls in _attempts(evidence):
        retries = [
            before.ended
            for before, after in pairwise(calls)
            if before.ended not in FREE
            and (before.model, before.use_tools) == (after.model, after.use_tools)
        ]
        told = f"{calls[0].process} {calls[0].refs}: {retries}"
        if len(retries) > MOST_RETRIES:
            yield Finding("too many retries", told)
        if retries.count("overloaded") > 1:
            yield Finding("two retries after an overload", told)


def _attempts(evidence: Evidence) -> Iterator[Sequence[Call]]:
    """Yield the calls of each attempt; they tell their turn by what they are about."""
    ends = [
        (at_s, process)
        for at_s, process, event in evidence.told
        if isinstance(event, TurnEnded)
    ]
    groups: dict[tuple[str, tuple[int, ...], int], list[Call]] = {}
    for call in evidence.calls:
        ended = sum(p == call.process and at_s <= call.at_s for at_s, p in ends)
        if call.refs:
            key = (call.process, call.refs, ended)
            groups.setdefault(key, []).append(call)
    yield from groups.values()
