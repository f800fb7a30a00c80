"""Circuits within one process: for one alone, and for tests."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from mainstay.ports.circuits import (
    Circuit,
    CircuitState,
    Force,
    ForcedState,
    Opening,
    TrialResult,
)
from mainstay.ports.clock import Clock

MAX_NAMES = 1_000


@dataclass(slots=True)
class _Word:
    number: int
    state: ForcedState
    until_s: float
    reason: str


@dataclass(slots=True)
class _Known:
    epoch: int = 0
    until_s: float = 0.0
    closed: bool = False
    ramps: bool = False
    reopened: int = 0
    quick: int = 0
    slow: int = 0
    out: dict[str, float] = field(default_factory=dict[str, float])
    word: _Word | None = None


class MemoryCircuits:
    """``ports.Circuits`` that are never away; the oldest names go first.

    Args:
        clock: monotonic time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._last = 0

    @property
    def is_up(self) -> bool:
        """Always."""
        return True

    async def look(self, names: Sequence[str]) -> Sequence[Circuit] | None:
        """Return the named circuits, in this order."""
        return [self._told(name, self._known.get(name) or _Known()) for name in names]

    async def open(self, name: str, epoch: int, opening: Opening) -> Circuit | None:
        """Open a circuit for all, if its generation is still ``epoch``."""
        known = self._of(name)
        if known.epoch <= epoch or known.epoch == 0:
            ends_s = self._now_s + opening.for_s
            if not known.closed:
                ends_s = max(ends_s, known.until_s)
            self._last = max(self._last, epoch)
            self._begin(known, closed=False, until_s=ends_s)
            known.ramps, known.reopened = opening.ramps, opening.reopened
        return self._told(name, known)

    async def probe(
        self, name: str, epoch: int, place: str, limit: int, lost_s: float
    ) -> Circuit | None:
        """Ask for a trial."""
        known, now_s = self._of(name), self._now_s
        if known.epoch == 0 or known.epoch < epoch:
            self._begin(known, closed=False, until_s=now_s)
            known.epoch, known.ramps = epoch or known.epoch, True
        granted = False
        if not known.closed and known.until_s <= now_s:
            known.out = {one: at for one, at in known.out.items() if at > now_s}
            granted = len(known.out) < limit
            if granted:
                known.out[place] = now_s + lost_s
        return self._told(name, known, granted=granted)

    async def begin_trials(self, name: str, epoch: int) -> Circuit | None:
        """End the open time, if its generation is still ``epoch``."""
        known = self._of(name)
        if known.epoch == epoch:
            known.until_s = min(known.until_s, self._now_s)
        return self._told(name, known)

    async def report(
        self, name: str, epoch: int, place: str, result: TrialResult, successes: int
    ) -> Circuit | None:
        """Give a trial back, with what it told."""
        known = self._of(name)
        counts = known.epoch == epoch or result == "none"
        if counts and known.out.pop(place, None) is not None:
            known.quick += result == "quick"
            known.slow += result == "slow"
            if known.quick >= successes:
                known.closed, known.quick = True, 0
                known.out.clear()
        return self._told(name, known)

    async def force(
        self, name: str, state: ForcedState, for_s: float, reason: str
    ) -> Circuit | None:
        """Note an operator's word, in place of the one before."""
        known, now_s = self._of(name), self._now_s
        was, known.word = (
            known.word,
            _Word(self._number(), state, now_s + for_s, reason),
        )
        if state != "auto":
            until_s = now_s + for_s if state == "open" else now_s
            self._begin(known, closed=state == "closed", until_s=until_s)
            known.ramps, known.reopened = True, 0
        elif was is not None and was.state == "open" and was.until_s > now_s:
            known.until_s = now_s
        return self._told(name, known)

    @property
    def _now_s(self) -> float:
        return self._clock.monotonic_s()

    def _number(self) -> int:
        self._last += 1
        return self._last

    def _begin(self, known: _Known, *, closed: bool, until_s: float) -> None:
        """Begin a generation, without trials."""
        known.epoch, known.closed, known.until_s = self._number(), closed, until_s
        known.quick = known.slow = 0
        known.out.clear()

    def _of(self, name: str) -> _Known:
        known = self._known.setdefault(name, _Known())
        self._known.move_to_end(name)
        if len(self._known) > MAX_NAMES:
            self._known.popitem(last=False)
        return known

    def _told(self, name: str, known: _Known, *, granted: bool = False) -> Circuit:
        now_s, word = self._now_s, known.word
        state: CircuitState = "half_open"
        if known.closed or not known.epoch:
            state = "closed"
        elif known.until_s > now_s:
            state = "open"
        return Circuit(
            name=name,
            epoch=known.epoch,
            state=state,
            for_s=max(0.0, known.until_s - now_s),
            ramps=known.ramps,
            reopened=known.reopened,
            slow=known.slow,
            granted=granted,
            force=word
            and Force(
                number=word.number,
                state=word.state,
                for_s=max(0.0, word.until_s - now_s),
                reason=word.reason,
            ),
        )
