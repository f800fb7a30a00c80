"""Model calls behind their breakers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mainstay.agent.descent import BREAKER_COUNTS
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.ports.clock import Clock
from mainstay.ports.model import Model
from mainstay.ports.telemetry import ModelCalled, Telemetry
from mainstay.resilience.breaker import Breaker, Permit

SLOW_S = 8.0
"""A call whose first token comes later is slow (the breaker's 80% rule)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls models; refuses at once where a breaker is open.

    Args:
        model: the adapter.
        breakers: one a model id.
        clock: for durations.
        telemetry: is told of every call.
    """

    model: Model
    breakers: Mapping[str, Breaker]
    clock: Clock
    telemetry: Telemetry

    async def call(
        self, turn_id: str, request: ModelRequest, on_text: Callable[[str], None]
    ) -> ModelOutcome | None:
        """Call once; None when the breaker refuses."""
        permit = self.breakers[request.model].admit()
        if permit is None:
            return None
        watch = _FirstText(self.clock, on_text)
        try:
            outcome = await self.model.call(request, watch)
        except BaseException:
            permit.neutral()
            raise
        self._judge(permit, request.model, outcome, watch)
        self._tell(turn_id, request.model, outcome, watch)
        return outcome

    def _judge(
        self, permit: Permit, model: str, outcome: ModelOutcome, watch: "_FirstText"
    ) -> None:
        if isinstance(outcome, ModelStep):
            permit.success(slow=watch.first_s > SLOW_S)
        elif outcome.kind in BREAKER_COUNTS:
            permit.failure()
        else:
            permit.neutral()
            if outcome.kind == "rate_limited" and outcome.retry_after_s:
                self.breakers[model].trip(outcome.retry_after_s)

    def _tell(
        self, turn_id: str, model: str, outcome: ModelOutcome, watch: "_FirstText"
    ) -> None:
        ms = watch.elapsed_s() * 1000
        if isinstance(outcome, ModelFailure):
            event = ModelCalled(turn_id, model, outcome.kind, ms, outcome.detail)
        else:
            event = ModelCalled(turn_id, model, "ok", ms)
        self.telemetry.emit(event)


class _FirstText:
    """Passes text on and notes when the first piece came."""

    __slots__ = ("_clock", "_first_s", "_on_text", "_started_s")

    def __init__(self, clock: Clock, on_text: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_text = on_text
        self._started_s = clock.monotonic_s()
        self._first_s: float | None = None

    def __call__(self, text: str) -> None:
        """Take one piece."""
        if self._first_s is None:
            self._first_s = self.elapsed_s()
        self._on_text(text)

    @property
    def first_s(self) -> float:
        """Seconds until the first piece; until now when there is none yet."""
        return self.elapsed_s() if self._first_s is None else self._first_s

    def elapsed_s(self) -> float:
        """Seconds since the call started."""
        return self._clock.monotonic_s() - self._started_s
