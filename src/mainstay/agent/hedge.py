"""A second call beside the first one of a turn, where that is late: a hedge.

Source: J. Dean and L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013: a second
request after the time that most requests take cuts the tail for a few percent of load.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from mainstay.agent.failover import (
    FAILOVER_NEEDS_S,
    Calls,
    Failover,
    with_usage_of,
)
from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.agent.race import OnText, Race, Running, Told
from mainstay.ports.clock import Clock
from mainstay.ports.model_events import ModelHedged
from mainstay.ports.telemetry import Telemetry
from mainstay.resilience.hedge_budget import HedgeBudget


@dataclass(frozen=True, slots=True)
class Hedge:
    """Calls providers as ``Failover`` does; a late first call gets a second beside it.

    Only the first call of a turn: nothing was shown, and no tool has run. Whichever
    first shows text, or ends well, wins. The other one is cancelled, which its gates
    take for a call that tells nothing.

    Args:
        callers: one a provider, in the order of preference.
        after_s: seconds without a text after which the second call is sent.
        clock: tells when that is.
        telemetry: is told of each second call.
        budget: how many there may be.
    """

    callers: Sequence[Calls]
    after_s: float
    clock: Clock
    telemetry: Telemetry
    budget: HedgeBudget = field(default_factory=HedgeBudget)

    async def call(self, call: ProposedCall, on_text: OnText) -> Told:
        """Make one call, and a second one if it is late and the budget has it."""
        self.budget.earn()
        if not call.first or call.request.timeout_s <= self.after_s:
            return await Failover(self.callers).call(call, on_text)
        race = Race(on_text)
        try:
            first = race.enter(self.callers[0].call, call)
            if await self._is_late(race) and self._may_hedge(call):
                return await self._hedged(race, call, first, on_text)
            return await _walk([first], self.callers[1:], call, on_text)
        finally:
            await race.end()

    async def _is_late(self, race: Race) -> bool:
        alarm = asyncio.create_task(self.clock.sleep(self.after_s))
        try:
            return await race.is_late(alarm)
        finally:
            alarm.cancel()

    def _may_hedge(self, call: ProposedCall) -> bool:
        return call.deadline.allows(FAILOVER_NEEDS_S) and self.budget.spend()

    async def _hedged(
        self, race: Race, call: ProposedCall, first: Running, on_text: OnText
    ) -> Told:
        # Whoever is late already is asked again only where nobody else can be.
        others = iter((*self.callers[1:], self.callers[0]))
        second = race.enter(partial(_admitted, others), self._again(call))
        won = await race.winner()
        self._tell(call, first, second, won)
        if won is None:
            told = await _walk([first, second], [*others][:-1], call, on_text)
            # Where the first one's failure ended the walk, the second was left out.
            return with_usage_of(_told(second), told) if told is _told(first) else told
        # What a cancelled call took is not known.
        return with_usage_of(_told(second if won is first else first), await won)

    def _again(self, call: ProposedCall) -> ProposedCall:
        """Return the second call: over when the first is, and none to the scarce."""
        timeout_s = call.request.timeout_s - self.after_s
        request = replace(call.request, timeout_s=timeout_s)
        return replace(call, request=request, low_priority=True, second=True)

    def _tell(
        self, call: ProposedCall, first: Running, second: Running, won: Running | None
    ) -> None:
        if isinstance(_told(second), Refusal):
            self.budget.give_back()
            return
        name = "none" if won is None else "first" if won is first else "second"
        self.telemetry.emit(ModelHedged(call.turn_id, call.request.model, name))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A provider that was asked already; says what came of it."""

    task: Running

    async def call(
        self,
        call: ProposedCall,  # noqa: ARG002 - it has been made
        on_text: OnText,  # noqa: ARG002 - as above
    ) -> Told:
        """Wait for the end of the call in flight."""
        return await self.task


async def _walk(
    asked: Sequence[Running], left: Sequence[Calls], call: ProposedCall, on_text: OnText
) -> Told:
    """Go on as without a hedge."""
    return await Failover([*map(_Asked, asked), *left]).call(call, on_text)


async def _admitted(
    callers: Iterator[Calls], call: ProposedCall, on_text: OnText
) -> Told:
    """Make the call with the first whose gates admit it; later ones stay unasked."""
    told: Told = Refusal("there is no provider")
    for caller in callers:
        told = await caller.call(call, on_text)
        if not isinstance(told, Refusal):
            break
    return told


def _told(task: Running) -> Told | None:
    """Return how a call ended; None when it has not, or was cancelled or broke."""
    if not task.done() or task.cancelled() or task.exception() is not None:
        return None
    return task.result()
