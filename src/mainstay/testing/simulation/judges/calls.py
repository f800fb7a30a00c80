"""One retry loop and one deadline: for all attempts at a turn together."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mainstay.agent.options import LadderOptions
from mainstay.domain.turn import LADDER_MS
from mainstay.ports.telemetry import TurnEnded
from mainstay.testing.simulation.evidence import Evidence
from mainstay.testing.simulation.finding import Finding
from mainstay.testing.simulation.model import FALLBACK, PRIMARY, Call

MOST_RETRIES = 3
FREE = ("ok", "rotated", "too_long", "invalid", "")
"""Ends after which the same level is called again without a retry: with tool results,
another key, or another prompt. A call is cut only with its whole attempt, and nobody
hears how it ends; what comes then is the first call of the next one."""

OPTIONS = LadderOptions(model=PRIMARY, fallback_model=FALLBACK)
LAST_CALL_S = LADDER_MS / 1000 - OPTIONS.call_needs_s + 0.1
"""After a message no call begins that could not end within the ladder's time. Some
more, for the clocks of processes are a little off."""


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Yield each turn that retried too often or called too late.

    Counted at the model, in all its attempts together; the first call of an attempt is
    no retry.
    """
    yield from _retries(evidence)
    yield from _late(evidence)


def _retries(evidence: Evidence) -> Iterator[Finding]:
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


def _late(evidence: Evidence) -> Iterator[Finding]:
    """Yield each call after a turn's time; a held turn has a new one an attempt."""
    accepted = _accepted(evidence)
    for call in evidence.calls:
        if call.at_s < LAST_CALL_S:
            continue
        turn_id = _turn_of(evidence, call)
        if turn_id not in accepted:
            continue
        # Whoever has had a reply before that waits for it no longer.
        heard_s = min((r.at_s for r in evidence.replies(turn_id)), default=math.inf)
        if accepted[turn_id] + LAST_CALL_S < call.at_s < heard_s:
            late_s = call.at_s - accepted[turn_id]
            yield Finding("call after the deadline", f"{turn_id}: {late_s:.1f} s")


def _accepted(evidence: Evidence) -> dict[str, float]:
    """Return when each turn began that a message opened: others are a human's doing."""
    opened = {
        (conversation_id, seq): turn_id
        for conversation_id, seq, turn_id in evidence.rows(
            "SELECT m.conversation_id, m.seq, t.id FROM turns t JOIN messages m "
            "ON m.conversation_id = t.conversation_id AND m.seq = t.first_seq "
            "WHERE m.created_at_ms = t.accepted_at_ms"
        )
    }
    return {
        turn_id: said.at_s
        for said in evidence.customers()
        if (turn_id := opened.get((said.conversation_id, said.seq))) is not None
    }


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
