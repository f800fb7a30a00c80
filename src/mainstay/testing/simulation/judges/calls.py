"""One retry loop: at most three retries a turn, at most one of them after a 529."""

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
    """Yield each turn that retried too often, counted at the model.

    In all its attempts together; the first call of an attempt is no retry.
    """
    retries: dict[str, list[str]] = {}
    for calls in _attempts(evidence):
        turn_id = _turn_of(evidence, calls[0])
        if turn_id is not None:
            retries.setdefault(turn_id, []).extend(_retried(calls))
    for turn_id, ends in retries.items():
        told = f"{turn_id}: {ends}"
        if len(ends) > MOST_RETRIES:
            yield Finding("too many retries", told)
        if ends.count("overloaded") > 1:
            yield Finding("two retries after an overload", told)


def _retried(calls: Sequence[Call]) -> list[str]:
    """Return how the calls ended that were made once more on their level."""
    return [
        before.ended
        for before, after in pairwise(calls)
        if before.ended not in FREE
        and (before.model, before.use_tools) == (after.model, after.use_tools)
    ]


def _turn_of(evidence: Evidence, call: Call) -> str | None:
    """Return the turn of the messages that a call was about; None if several are."""
    turns = {
        turn.id
        for said in evidence.customers()
        if any(f"(ref {ref})" in said.text for ref in call.refs)
        for turn in evidence.covering(said)
    }
    return turns.pop() if len(turns) == 1 else None


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
