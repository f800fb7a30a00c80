"""One look at a running system, and what happened between the latest of them."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainstay.cli.live.page import Page, Series, grown, replaced

WINDOW_S = 60.0
"""Rates and answer times are those of the last minute."""

MOST_LOOKS = 240


@dataclass(frozen=True, slots=True)
class Look:
    """What the processes said at one moment.

    Args:
        at_s: when, in seconds of any clock that goes forward.
        pages: metrics by address, of those that answered.
        told: the gateway's other answers by path, as far as there are any.
        silent: why the others said nothing, by address or path.
        gone: why the gateway said nothing at all; None when it said something.
    """

    at_s: float
    pages: Mapping[str, Page]
    told: Mapping[str, Any]
    silent: Mapping[str, str]
    gone: str | None = None


@dataclass(slots=True)
class Growth:
    """By how much the series of all processes grew within the last minute."""

    _before: Look | None = None
    _steps: deque[tuple[float, float, Page]] = field(
        default_factory=lambda: deque(maxlen=MOST_LOOKS)
    )
    _replaced: dict[str, float] = field(default_factory=dict[str, float])

    def see(self, look: Look) -> None:
        """Take the next look.

        What a process did while it did not answer, or before it was first seen, does
        not count: nobody knows when it was. One that started anew is another.
        """
        before, self._before = self._before, look
        if before is None:
            return
        step: dict[Series, float] = {}
        for address in before.pages.keys() & look.pages.keys():
            was, now = before.pages[address], look.pages[address]
            if replaced(was, now):
                self._replaced[address] = look.at_s
            for series, more in grown(was, now).items():
                step[series] = step.get(series, 0.0) + more
        if step:
            self._steps.append((look.at_s, look.at_s - before.at_s, step))
        since_s = look.at_s - WINDOW_S
        while self._steps and self._steps[0][0] <= since_s:
            self._steps.popleft()
        for address in [at for at, when in self._replaced.items() if when <= since_s]:
            del self._replaced[address]

    @property
    def over_s(self) -> float:
        """Seconds that the figures are of; 0 when there is nothing to compare."""
        return sum(took_s for _, took_s, _ in self._steps)

    @property
    def replaced(self) -> Sequence[str]:
        """Addresses where, within that minute, another process answered."""
        return sorted(self._replaced)

    @property
    def page(self) -> Page:
        """The growth of each series, all processes together."""
        total: dict[Series, float] = {}
        for _, _, step in self._steps:
            for series, more in step.items():
                total[series] = total.get(series, 0.0) + more
        return total
