"""What became of the turns of a span of time, as sums."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

STEP_MS = 10
"""How finely the wait of customers is counted."""


@dataclass(frozen=True, slots=True)
class TurnSums:
    """Sums over turns whose customers have heard back, or should have.

    Turns that a human took over count for nothing here, nor do those that may still be
    answered in time.

    Args:
        turns: how many.
        failed: those without an answer of the agent: level 4, a holding reply, dead, or
            not answered though it was time.
        levels: replies by level.
        usd: what their model calls cost.
        waits: how long their customers waited for the first reply: steps of 10 ms,
            begun ones count → turns.
    """

    turns: int = 0
    failed: int = 0
    levels: Mapping[int, int] = field(default_factory=dict[int, int])
    usd: float = 0.0
    waits: Mapping[int, int] = field(default_factory=dict[int, int])

    @property
    def error_percent(self) -> float:
        """The share of the failed."""
        return 100 * self.failed / self.turns if self.turns else 0.0

    def wait_ms(self, share: float) -> float:
        """Return what this share of the customers, 0 to 1, waited at most."""
        least, counted = math.ceil(self.turns * share), 0
        for step in sorted(self.waits):
            counted += self.waits[step]
            if counted >= least:
                return float(STEP_MS * (step + 1))
        return 0.0


def sums_of(rows: Iterable[tuple[int, int | None, bool, int, float]]) -> TurnSums:
    """Return the sums of groups of turns.

    Args:
        rows: step of the wait, level of the reply or None, whether they failed, how
            many they are, and what they cost together.
    """
    turns, failed, usd = 0, 0, 0.0
    levels: dict[int, int] = {}
    waits: dict[int, int] = {}
    for step, level, has_failed, count, cost in rows:
        turns += count
        failed += count if has_failed else 0
        usd += cost
        waits[step] = waits.get(step, 0) + count
        if level is not None:
            levels[level] = levels.get(level, 0) + count
    return TurnSums(turns, failed, levels, usd, waits)
