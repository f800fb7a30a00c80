"""Builds what bounds the models' calls at once."""

from collections.abc import Iterable

from mainstay.agent.concurrency_gate import ConcurrencyGate
from mainstay.ports.model_events import ModelLimitMoved
from mainstay.ports.telemetry import Telemetry
from mainstay.resilience.concurrency_limit import Cause, ConcurrencyLimit
from mainstay.system.clock import SystemClock


def concurrency_of(
    provider: str, models: Iterable[str], telemetry: Telemetry
) -> ConcurrencyGate:
    """Return the gate of a provider's models, each with a limit of its own."""
    limits = {model: _limit_of(provider, model, telemetry) for model in models}
    return ConcurrencyGate(limits, SystemClock(), telemetry, provider=provider)


def _limit_of(provider: str, model: str, telemetry: Telemetry) -> ConcurrencyLimit:
    def moved(limit: int, cause: Cause) -> None:
        telemetry.emit(ModelLimitMoved(model, limit, cause, provider))

    return ConcurrencyLimit(SystemClock(), on_change=moved)
