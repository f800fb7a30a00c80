"""The turns of the last 5 minutes, of the whole deployment."""

from collections.abc import Mapping
from typing import Any

from mainstay.monitoring.health.check import Look
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding
from mainstay.ports.health import RecentTurns
from mainstay.ports.hours import Hours

TURNS = "turns"
"""The name of the check."""

SPAN_MS = 300_000
MOST_TURNS = 5_000
MIN_TURNS = 20
"""With fewer, an error rate says nothing."""


def look_at_turns(hours: Hours, clock: Clock) -> Look:
    """Return what sums up the last 5 minutes.

    Args:
        hours: counts turns.
        clock: the store's.
    """

    async def look() -> Finding:
        now_ms = clock.now_ms()
        sums = await hours.sums(now_ms - SPAN_MS, now_ms + 1, MOST_TURNS)
        percent = sums.error_percent if sums.turns >= MIN_TURNS else 0.0
        figures = {"turns": sums.turns, "error_percent": round(percent, 2)}
        figures |= {"p99_ms": sums.wait_ms(0.99)}
        told = f"{sums.failed} of {sums.turns} turns of 5 minutes not answered"
        return Finding(ok=True, detail=told, figures=figures)

    return look


def recent_of(figures: Mapping[str, Any]) -> RecentTurns:
    """Return what such a look found."""
    return RecentTurns(figures["turns"], figures["error_percent"], figures["p99_ms"])
