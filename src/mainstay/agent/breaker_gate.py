"""The gate of the models' breakers."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstay.agent.descent import BREAKER_COUNTS
from mainstay.agent.gate import CallEnd, ProposedCall, Refusal
from mainstay.agent.guard import Guard, Verdict
from mainstay.agent.staying_away import stay_away
from mainstay.domain.model_call import ModelFailure
from mainstay.domain.step import ModelStep

SLOW_S = 8.0
"""A call whose first text comes later is slow (the breaker's 80% rule)."""


@dataclass(frozen=True, slots=True)
class BreakerGate:
    """Refuses at once where a model's breaker is open.

    Args:
        breakers: one a model id.
        limits: whether rate limits open them too: no gate of the limits is before.
    """

    breakers: Mapping[str, Guard]
    limits: bool = False

    async def admit(self, call: ProposedCall) -> "_Watched | Refusal":
        """Ask the model's breaker."""
        model = call.request.model
        breaker = self.breakers[model]
        permit = await breaker.admit()
        if permit is None:
            return Refusal(f"{model} is paused by its breaker", breaker.retry_in_s)
        return _Watched(self, model, permit)


@dataclass(frozen=True, slots=True)
class _Watched:
    """A call that the breaker admitted, and learns from."""

    gate: BreakerGate
    model: str
    permit: Verdict

    def settle(self, end: CallEnd) -> None:
        """Tell the breaker what speaks for or against the model's health."""
        outcome = end.outcome
        if isinstance(outcome, ModelStep):
            self.permit.success(slow=end.first_text_s > SLOW_S)
        elif outcome.kind in BREAKER_COUNTS:
            self.permit.failure()
        else:
            self.permit.neutral()
            self._leave_alone(outcome)

    def give_back(self) -> None:
        """Give a trial back."""
        self.permit.neutral()

    def _leave_alone(self, failure: ModelFailure) -> None:
        """Open the breakers of what wants to be left alone, without counting it."""
        away = stay_away(failure, limits=self.gate.limits)
        if away is None:
            return
        for model, breaker in self.gate.breakers.items():
            if away.provider or model == self.model:
                breaker.trip(away.for_s, ramps=away.ramps)
