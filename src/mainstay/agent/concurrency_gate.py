"""The gate of the models' limits on calls at once; calls wait here for a moment."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.domain.model_call import FailureKind
from mainstay.domain.step import FIRST_PARTY, ModelStep
from mainstay.ports.clock import Clock
from mainstay.ports.model_events import ModelAwaited
from mainstay.ports.telemetry import Telemetry
from mainstay.resilience.concurrency_limit import ConcurrencyLimit, Slot
from mainstay.resilience.concurrency_options import DEFAULTS, ConcurrencyOptions

TOO_MANY: frozenset[FailureKind] = frozenset({"overloaded", "shed"})
"""Kinds that say that there are too many calls: the model's word, or our adapter's."""


class ConcurrencyGate:
    """Lets so many calls of a model run at once as it bears.

    One more waits for room: in the order of arrival, a bounded time, with a bounded
    number of others, and so that a lower level still fits into the attempt.

    Args:
        limits: one a model id.
        clock: ends the waits.
        telemetry: is told of every call that found no room.
        options: the bounds of waiting.
        provider: whose models they are.
    """

    def __init__(
        self,
        limits: Mapping[str, ConcurrencyLimit],
        clock: Clock,
        telemetry: Telemetry,
        options: ConcurrencyOptions = DEFAULTS,
        provider: str = FIRST_PARTY,
    ) -> None:
        self._lines = {model: _Line(limit) for model, limit in limits.items()}
        self._clock = clock
        self._telemetry = telemetry
        self._options = options
        self._provider = provider

    async def admit(self, call: ProposedCall) -> "_Counted | Refusal":
        """Take a place at once, or wait for one."""
        line = self._lines[call.request.model]
        # While others of its kind wait there is no room: this overtakes nobody.
        slot = line.limit.admit(underway=call.underway)
        if slot is None:
            slot = await self._wait(line, call)
        if slot is None:
            return Refusal(
                f"{call.request.model} has {line.limit.in_flight} calls at once, "
                f"of {line.limit.limit} that it bears"
            )
        return _Counted(line, slot)

    async def _wait(self, line: "_Line", call: ProposedCall) -> Slot | None:
        options = self._options
        left_s = call.deadline.remaining_s() - options.leave_s
        wait_s = min(options.wait_s, left_s)
        began_s = self._clock.monotonic_s()
        if wait_s <= 0 or len(line) >= line.limit.limit * options.wait_share:
            slot, outcome = None, "no_place"
        else:
            slot = await line.wait(wait_s, self._clock, underway=call.underway)
            outcome = "too_long" if slot is None else "admitted"
        waited_ms = (self._clock.monotonic_s() - began_s) * 1000
        model, provider = call.request.model, self._provider
        self._telemetry.emit(
            ModelAwaited(call.turn_id, model, outcome, waited_ms, provider)
        )
        return slot


@dataclass(frozen=True, slots=True)
class _Counted:
    """A call that has a place."""

    line: "_Line"
    slot: Slot

    def settle(self, end: CallEnd) -> None:
        """Tell the limit how soon it spoke, or that there were too many."""
        outcome = end.outcome
        if isinstance(outcome, ModelStep):
            self.slot.ended(end.first_text_s if outcome.text else None)
        elif outcome.kind in TOO_MANY:
            self.slot.overloaded()
        elif outcome.kind == "slow":
            self.slot.ended(end.first_text_s)
        else:
            self.slot.neutral()
        self.line.move_up()

    def give_back(self) -> None:
        """Give the place to whoever is next."""
        self.slot.neutral()
        self.line.move_up()


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A call that waits.

    Args:
        number: its place in the order of arrival.
        place: gets its slot, or None when its time is over.
    """

    number: int
    place: asyncio.Future[Slot | None]


class _Line:
    """The calls of one model: those that run, and those that wait.

    The two kinds stand apart: work under way may come while new work has its share.
    """

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self.limit = limit
        self._new: deque[_Waiting] = deque()
        self._underway: deque[_Waiting] = deque()
        self._arrived = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._new) + len(self._underway)

    async def wait(self, wait_s: float, clock: Clock, *, underway: bool) -> Slot | None:
        """Return a place, or None when ``wait_s`` seconds are over."""
        place = asyncio.get_running_loop().create_future()
        self._arrived += 1
        waiting = _Waiting(self._arrived, place)
        line = self._underway if underway else self._new
        line.append(waiting)
        ending = asyncio.create_task(_end(place, clock, wait_s))
        try:
            return await place
        except asyncio.CancelledError:
            self._give_back(place)
            raise
        finally:
            ending.cancel()
            if waiting in line:
                line.remove(waiting)

    def move_up(self) -> None:
        """Let those in who may come, in the order of arrival."""
        while line := self._next():
            waiting = line.popleft()
            if waiting.place.done():
                continue
            waiting.place.set_result(self.limit.admit(underway=line is self._underway))

    def _next(self) -> deque[_Waiting] | None:
        """Return where the first who may come stands."""
        if not self._new and not self._underway:
            return None
        first = self._new
        if not first or (self._underway and self._underway[0].number < first[0].number):
            first = self._underway
        for line in (first, self._underway):
            if line and self.limit.has_room(underway=line is self._underway):
                return line
        return None

    def _give_back(self, place: asyncio.Future[Slot | None]) -> None:
        """Let no place get lost that came together with a cancellation."""
        if place.done() and not place.cancelled() and (slot := place.result()):
            slot.neutral()
            self.move_up()


async def _end(place: asyncio.Future[Slot | None], clock: Clock, wait_s: float) -> None:
    await clock.sleep(wait_s)
    if not place.done():
        place.set_result(None)
