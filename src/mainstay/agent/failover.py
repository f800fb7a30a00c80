"""The same model with one provider after the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.domain.model_call import FailureKind, ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep

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
        """Ask each provider once at most; return how the last call ended.

        A refusal costs nothing. After a call that failed the next one is asked if the
        provider is at fault, nothing was shown, and time is left.
        """
        told: ModelOutcome | Refusal = Refusal("there is no provider")
        for caller in self.callers:
            outcome = await caller.call(call, on_text)
            if not isinstance(outcome, Refusal) or _is_shut(told):
                told = outcome
            if not _goes_on(outcome, call):
                break
        return told


def _is_shut(told: ModelOutcome | Refusal) -> bool:
    """Tell whether nothing better is known: no call's end, and nothing to wait for."""
    return isinstance(told, Refusal) and not told.waits


def _goes_on(outcome: ModelOutcome | Refusal, call: ProposedCall) -> bool:
    """Tell whether the next provider may be asked."""
    match outcome:
        case Refusal():
            return True
        case ModelFailure(kind, shown=shown):
            can = kind in FAILS_OVER and not shown
            return can and call.deadline.allows(FAILOVER_NEEDS_S)
        case ModelStep():
            return False
