"""Model calls behind their gates, of one provider."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mainstay.agent.gate import CallEnd, Gate, Pass, ProposedCall, Refusal
from mainstay.agent.pricing import Price, cost_of, free
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import FIRST_PARTY, ModelStep
from mainstay.ports.clock import Clock
from mainstay.ports.model import Model
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import Telemetry
from mainstay.ports.trace_events import ModelDropped


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls models; refuses where a gate does.

    Args:
        model: the adapter.
        gates: asked in this order; those that may wait come before those that do not,
            so that nobody holds a breaker's trial while waiting.
        clock: for durations.
        telemetry: is told of every call.
        provider: whose adapter it is; in the journal and in telemetry.
        price: US dollars of a model's tokens, for telemetry.
    """

    model: Model
    gates: Sequence[Gate]
    clock: Clock
    telemetry: Telemetry
    provider: str = FIRST_PARTY
    price: Price = free

    async def call(
        self, call: ProposedCall, on_text: Callable[[str], None]
    ) -> ModelOutcome | Refusal:
        """Call once, if every gate admits it."""
        passes: list[Pass] = []
        try:
            for gate in self.gates:
                admitted = await gate.admit(call)
                if isinstance(admitted, Refusal):
                    _give_back(passes)
                    return admitted
                passes.append(admitted)
        except BaseException:
            _give_back(passes)
            raise
        watch = _FirstText(self.clock, on_text)
        try:
            outcome = await self.model.call(_in_time(call), watch)
        except BaseException:
            _give_back(passes)
            self._tell_dropped(call, watch)
            raise
        end = CallEnd(outcome, watch.first_s)
        for one in reversed(passes):
            one.settle(end)
        self._tell(call, outcome, watch)
        if isinstance(outcome, ModelStep) and outcome.provider != self.provider:
            return replace(outcome, provider=self.provider)
        return outcome

    def _tell(
        self, call: ProposedCall, outcome: ModelOutcome, watch: "_FirstText"
    ) -> None:
        model, ms = call.request.model, watch.elapsed_s() * 1000
        kind, detail = "ok", ""
        if isinstance(outcome, ModelFailure):
            kind, detail = outcome.kind, outcome.detail
        self.telemetry.emit(
            ModelCalled(
                call.turn_id,
                model,
                kind,
                ms,
                detail,
                self.provider,
                watch.first_text_ms,
                outcome.usage,
                cost_of(self.price, model, outcome),
                call.second,
                call.request,
                outcome,
            )
        )

    def _tell_dropped(self, call: ProposedCall, watch: "_FirstText") -> None:
        model, ms = call.request.model, watch.elapsed_s() * 1000
        event = ModelDropped(call.turn_id, model, ms, self.provider, call.second)
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
    def first_text_ms(self) -> float | None:
        """Milliseconds until the first piece; None when there is none yet."""
        return None if self._first_s is None else self._first_s * 1000

    @property
    def first_s(self) -> float:
        """Seconds until the first piece; until now when there is none yet."""
        return self.elapsed_s() if self._first_s is None else self._first_s

    def elapsed_s(self) -> float:
        """Seconds since the call started."""
        return self._clock.monotonic_s() - self._started_s


def _in_time(call: ProposedCall) -> ModelRequest:
    """Take what gates waited off the call's time: the attempt gets no longer."""
    request = call.request
    timeout_s = call.deadline.attempt_timeout_s(request.timeout_s)
    if timeout_s == request.timeout_s:
        return request
    return replace(request, timeout_s=timeout_s)


def _give_back(passes: Sequence[Pass]) -> None:
    for one in reversed(passes):
        one.give_back()
