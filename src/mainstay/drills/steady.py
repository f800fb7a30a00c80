"""When a system is steady: before a drill, and again after it."""

from collections.abc import Sequence

from mainstay.drills.figures import BY_MODEL, PROMISE_S, figures_of, unheard
from mainstay.drills.plan import MODEL_SHARE
from mainstay.ports.hearing import Heard

LEAST_TRAFFIC = 5
"""Messages without which nothing could be seen."""

SETTLED = 5
"""So many answers in a row by models, and in time: all is as before."""


def unsteady(turns: Sequence[Heard], now_ms: int, watched_s: float) -> str:
    """Return what is wrong already after so many seconds of watching, "" if nothing."""
    figures = figures_of(turns, now_ms)
    if figures.messages < LEAST_TRAFFIC:
        told = f"{figures.messages} messages in {watched_s:g} s"
        return f"{told}: too few to see anything; add --customers 5"
    # Nobody may be late within so short a time: who waits is asked sooner.
    patience_s = min(PROMISE_S, watched_s / 2)
    if waiting := unheard(turns, now_ms, patience_s):
        told = f"{waiting} customers wait longer than {patience_s:g} s for a word"
        return f"{told}; mend that first, or watch longer: --before 60"
    if figures.late or figures.model_share < MODEL_SHARE:
        told = f"{figures.late} late, {figures.model_share:.0%} by models"
        return f"not steady before the drill: {told}; mend that first"
    return ""


def settled(turns: Sequence[Heard], ended_ms: int) -> float | None:
    """Return when, after the fault's end, five in a row had been answered by models."""
    row: list[Heard] = []
    for one in turns:
        if one.accepted_at_ms < ended_ms:
            continue
        good = one.heard_at_ms is not None and not one.held
        good = good and one.level is not None and one.level < BY_MODEL
        row = [*row, one] if good else []
        if len(row) == SETTLED:
            return round(max(0, row[0].accepted_at_ms - ended_ms) / 1000, 1)
    return None
