"""Counts the turns of each hour, once in all, and compares it with past weeks.

Every 5 minutes the turns of a slice of 5 minutes are added to their hour: a minute
after its end, when all of them were answered or held. Where a process broke off the
next one goes on, and who adds the same slice as another writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mainstay.domain.anomaly import MIN_TURNS, MIN_WEEKS, WEEKS, Judgement, judge
from mainstay.domain.hour import HOUR_MS, HOURS_A_WEEK, HourSums, empty_hour
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding
from mainstay.ports.hours import Hours
from mainstay.ports.telemetry import AnomalyChanged, Telemetry

ANOMALIES = "anomalies"
"""The name of the check."""

EVERY_S = 300.0
TIMEOUT_S = 60.0
SLICE_MS = 300_000
SETTLED_MS = 60_000
"""How long after its end a slice is counted."""

MAX_SLICES = 24
"""What is made up for after a time in which nobody counted: 2 hours."""

MOST_TURNS = 50_000
"""Of a slice with more of them the newest are counted."""

AHEAD = "hours were counted by a clock that ran ahead; none is until they are over"


class HourBook:
    """Keeps the hours of a store, and says how the newest one compares.

    Args:
        hours: counts, and keeps.
        clock: the store's.
        telemetry: is told when a signal becomes unusual, and when it no longer is.
    """

    def __init__(self, hours: Hours, clock: Clock, telemetry: Telemetry) -> None:
        self._hours = hours
        self._clock = clock
        self._telemetry = telemetry
        self._unusual: frozenset[str] = frozenset()

    async def look(self) -> Finding:
        """Count what is not counted yet, and compare; what is unusual is no failure."""
        await self.count()
        newest, judgements = await newest_judged(self._hours)
        if newest is not None and newest.until_ms > self._clock.now_ms() + HOUR_MS:
            return Finding(ok=False, detail=AHEAD)
        self._tell(judgements)
        figures = {"signals": [asdict(one) for one in judgements]}
        return Finding(ok=True, detail=in_words(judgements), figures=figures)

    async def count(self) -> None:
        """Add every slice that is over to its hour."""
        end_ms = (self._clock.now_ms() - SETTLED_MS) // SLICE_MS * SLICE_MS
        newest = await self._hours.newest()
        began_ms = end_ms - SLICE_MS if newest is None else newest.until_ms
        since_ms = max(began_ms, end_ms - MAX_SLICES * SLICE_MS)
        hour = newest
        while since_ms < end_ms:
            if hour is None or hour.hour != since_ms // HOUR_MS:
                hour = empty_hour(since_ms)
            until_ms = since_ms + SLICE_MS
            sums = await self._hours.sums(since_ms, until_ms, MOST_TURNS)
            more = hour.plus(sums, until_ms)
            if not await self._hours.write(more, hour.until_ms):
                return
            hour, since_ms = more, until_ms

    def _tell(self, judgements: Sequence[Judgement]) -> None:
        unusual = frozenset(one.signal for one in judgements if _is_unusual(one))
        for one in judgements:
            if (one.signal in unusual) != (one.signal in self._unusual):
                figures = (one.score, one.value, one.expected)
                told = AnomalyChanged(one.signal, one.standing, *figures)
                self._telemetry.emit(told)
        self._unusual = unusual


async def newest_judged(hours: Hours) -> tuple[HourSums | None, Sequence[Judgement]]:
    """Return the newest hour and how it compares; (None, []) before the first one.

    While it has too few turns, the one before serves if that has enough.
    """
    newest = await hours.newest()
    if newest is None:
        return None, []
    if newest.turns < MIN_TURNS:
        before = await hours.read([newest.hour - 1])
        newest = next((one for one in before if one.turns >= MIN_TURNS), newest)
    weeks = [newest.hour - HOURS_A_WEEK * week for week in range(1, WEEKS + 1)]
    return newest, judge(newest, await hours.read(weeks))


def judgements_of(figures: Mapping[str, Any]) -> Sequence[Judgement]:
    """Return what a look found."""
    return [Judgement(**one) for one in figures["signals"]]


def in_words(judgements: Sequence[Judgement]) -> str:
    """Return one line about all of them."""
    unusual = [
        f"{one.signal} {one.value:.4g}, usually {one.expected:.4g} (score {one.score})"
        for one in judgements
        if _is_unusual(one)
    ]
    if unusual:
        return "; ".join(unusual)
    learning = [one.weeks for one in judgements if one.standing == "learning"]
    if learning or not judgements:
        return f"learning: {min(learning, default=0)} of {MIN_WEEKS} weeks"
    return "usual" if judgements[0].standing == "usual" else "too few turns to tell"


def _is_unusual(one: Judgement) -> bool:
    return one.standing == "unusual"
