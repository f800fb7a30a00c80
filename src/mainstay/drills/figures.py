"""What customers lived through in one phase of a drill, in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from mainstay.ports.hearing import Heard

PROMISE_S = 30.0
"""Every customer hears back within so many seconds."""

LEVELS = range(5)
BY_MODEL = 3
"""Levels below this one are made by a model."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A phase.

    Args:
        messages: turns accepted in it.
        heard: those whose customers have heard.
        late: those heard after 30 s, or not at all though 30 s are over.
        levels: how many of each level, 0 to 4.
        held: holding replies.
        p50_s: half of them heard within so many seconds.
        p95_s: 95 of a hundred.
        slowest_s: all.
    """

    messages: int
    heard: int
    late: int
    levels: tuple[int, ...]
    held: int
    p50_s: float
    p95_s: float
    slowest_s: float

    @property
    def model_share(self) -> float:
        """The share of answers that a model made, 0 to 1; 0 without any."""
        made = sum(self.levels[:BY_MODEL])
        told = sum(self.levels)
        return made / told if told else 0.0


def figures_of(turns: Sequence[Heard], now_ms: int) -> Figures:
    """Return the figures of turns, as they stand at a time of the store's clock."""
    waits = sorted(
        (one.heard_at_ms - one.accepted_at_ms) / 1000
        for one in turns
        if one.heard_at_ms is not None
    )
    levels = [0] * len(LEVELS)
    for one in turns:
        if one.level is not None:
            levels[one.level] += 1
    late = sum(wait > PROMISE_S for wait in waits)
    return Figures(
        messages=len(turns),
        heard=len(waits),
        late=late + unheard(turns, now_ms),
        levels=tuple(levels),
        held=sum(one.held for one in turns),
        p50_s=_quantile(waits, 0.5),
        p95_s=_quantile(waits, 0.95),
        slowest_s=_quantile(waits, 1.0),
    )


def unheard(turns: Sequence[Heard], now_ms: int, for_s: float = PROMISE_S) -> int:
    """Return how many customers have waited longer than that without a word."""
    before_ms = now_ms - for_s * 1000
    return sum(
        one.heard_at_ms is None and one.accepted_at_ms < before_ms for one in turns
    )


def _quantile(waits: Sequence[float], share: float) -> float:
    """Return the wait that a share of them does not exceed; 0 without any."""
    if not waits:
        return 0.0
    return round(waits[min(len(waits) - 1, int(share * len(waits)))], 3)
