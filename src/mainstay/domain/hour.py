"""The turns of one hour as few figures: what hours of other weeks are compared by."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from mainstay.domain.turn_sums import STEP_MS, TurnSums

HOUR_MS = 3_600_000
HOURS_A_WEEK = 168

LEVELS = 5

BOUNDS_MS = tuple(round(50 * 1.25**n) for n in range(34))
"""Waits are kept in 35 classes, each a quarter wider than the one below: to 79 s."""


@dataclass(frozen=True, slots=True)
class HourSums:
    """Sums over the turns that were accepted in an hour, UTC.

    Args:
        hour: hours since 1970.
        until_ms: Unix milliseconds up to which its turns are counted; what comes later
            in the hour is still to be added.
        turns: how many.
        failed: those without an answer of the agent.
        levels: replies of level 0 to 4.
        waits: turns by the class of their wait, see ``BOUNDS_MS``.
        usd: what they cost.
    """

    hour: int
    until_ms: int
    turns: int = 0
    failed: int = 0
    levels: tuple[int, ...] = (0,) * LEVELS
    waits: tuple[int, ...] = (0,) * (len(BOUNDS_MS) + 1)
    usd: float = 0.0

    def plus(self, sums: TurnSums, until_ms: int) -> "HourSums":
        """Return the hour with the turns since ``self.until_ms`` added."""
        levels = [n + sums.levels.get(i, 0) for i, n in enumerate(self.levels)]
        return HourSums(
            self.hour,
            until_ms,
            self.turns + sums.turns,
            self.failed + sums.failed,
            tuple(levels),
            _added(self.waits, sums.waits),
            self.usd + sums.usd,
        )

    def wait_ms(self, share: float) -> float:
        """Return about what this share of the customers, 0 to 1, waited at most."""
        least, counted = math.ceil(self.turns * share), 0
        for n, count in enumerate(self.waits):
            if count and counted + count >= least:
                low = BOUNDS_MS[n - 1] if n else 0
                high = BOUNDS_MS[min(n, len(BOUNDS_MS) - 1)]
                return low + (high - low) * (least - counted) / count
            counted += count
        return 0.0


def empty_hour(at_ms: int) -> HourSums:
    """Return the hour of a moment with nothing counted yet."""
    hour = at_ms // HOUR_MS
    return HourSums(hour, hour * HOUR_MS)


def _added(kept: tuple[int, ...], waits: Mapping[int, int]) -> tuple[int, ...]:
    counts = list(kept)
    for step, count in waits.items():
        counts[bisect_left(BOUNDS_MS, STEP_MS * (step + 1))] += count
    return tuple(counts)
