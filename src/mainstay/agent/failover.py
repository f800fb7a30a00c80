"""The same model with one provider after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.domain.model_call import FailureKind, ModelFailure, ModelOutcome
from mainstay.domain.step import NO_USAGE, ModelStep

FAILS_OVER: frozenset[FailureKind] = frozenset(
    {
        "auth",
        "spent",
        "model_gone",
        "rate_limited",
        "ramp_limited",
        "overloaded",
        "server",
        "cut",
        "incomplete",
        "garbled",
        "slow",
        "unforeseen",
    }
)
"""Kinds that another provider may not have; the request itself is not at fault."""

FAILOVER_NEEDS_S = 6.0
"""Seconds that must be left to ask another provider after a call that failed."""

NOBODY = Refusal("there is no provider")


class Calls(Protocol):
    """Calls models, or refuses to: one provider's ``Caller``, or several of them."""

    async def call(
        self, call: ProposedCall, on_text: Callable[[str], None]
    ) -> ModelOutcome | Refusal:
        """Make one call on one level of the ladder."""
        ...


@dataclass(frozen=True, slots=True)
class Failover:
    """Calls the first provider that is open, and the next one where it fails.

    Args:
        callers: one a provider, in the order of preference.
    """

    callers: Sequence[Calls]

    async def call(
        self, call: ProposedCall, on_text: Callable[[str], None]
    ) -> ModelOutcome | Refusal:
        """Ask each provider once at most; return what tells the ladder most.

        A refusal costs nothing. After a call that failed the next one is asked if the
        provider is at fault, nothing was shown, and time is left. What is returned
        has the usage of all calls.
        """
        told: ModelOutcome | Refusal | None = None
        ends: list[ModelOutcome] = []
        for caller in self.callers:
            outcome = await caller.call(call, on_text)
            if not isinstance(outcome, Refusal):
                ends.append(outcome)
            if told is None or _weight(outcome) >= _weight(told):
                told = outcome
            if not _goes_on(outcome, call):
                break
        return NOBODY if told is None else _of_all(told, ends)


def _weight(outcome: ModelOutcome | Refusal) -> int:
    """Tell how much an outcome says of what the ladder can do; of two alike the last.

    A provider without a valid key, money or id of a model speaks for itself alone.
    """
    match outcome:
        case ModelFailure("invalid" | "auth" | "spent"):
            return 0
        case Refusal(waits=False):
            return 1
        case ModelFailure("too_long"):
            return 2
        case Refusal():
            return 3
        case ModelFailure():
            return 4
        case ModelStep():
            return 5


def _of_all(
    told: ModelOutcome | Refusal, ends: list[ModelOutcome]
) -> ModelOutcome | Refusal:
    """Return what is told, with what all calls together took."""
    if isinstance(told, Refusal) or ends == [told]:
        return told
    usage = sum((end.usage for end in ends), NO_USAGE)
    if isinstance(told, ModelStep):
        return replace(told, usage=usage)
    shown = any(isinstance(end, ModelFailure) and end.shown for end in ends)
    several = told.kind == "slow"
    return replace(told, usage=usage, shown=shown, several=several)


def with_usage_of(
    before: ModelOutcome | Refusal | None, outcome: ModelOutcome | Refusal
) -> ModelOutcome | Refusal:
    """Return the outcome of a call, with what another one took in vain for it."""
    if before is None or isinstance(before, Refusal) or isinstance(outcome, Refusal):
        return outcome
    if before.usage == NO_USAGE:
        return outcome
    return replace(outcome, usage=before.usage + outcome.usage)


def _goes_on(outcome: ModelOutcome | Refusal, call: ProposedCall) -> bool:
    """Tell whether the next provider may be asked.

    After a slow one there must be time for two more: the next may be slow as well, and
    a lower level still has to fit in.
    """
    match outcome:
        case Refusal():
            return True
        case ModelFailure(kind, shown=shown):
            slow_s = call.request.first_token_s if kind == "slow" else 0.0
            can = kind in FAILS_OVER and not shown
            return can and call.deadline.allows(slow_s + FAILOVER_NEEDS_S)
        case ModelStep():
            return False
