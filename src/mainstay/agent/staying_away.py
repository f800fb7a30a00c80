"""For how long one failure keeps everybody from a model, or from its whole provider.

These do not speak against the model's health: nothing is counted, the breaker is told.
A rate limit is among them where nothing else heeds it: else it blocks a pool
(``agent.rate_gate``).
"""

from dataclasses import dataclass

from mainstay.domain.model_call import ModelFailure

PROVIDER_OFF_S = 15.0
"""A refused key or a spend limit is put right by a human, who waits no longer then."""

MODEL_OFF_S = 60.0
"""A model that is gone seldom comes back."""

LIMIT_OFF_S = 1.0
"""A rate limit that does not say how long it lasts."""


@dataclass(frozen=True, slots=True)
class StayAway:
    """What the other side wants to be left alone with.

    Args:
        for_s: seconds.
        provider: whether all of its models are meant, rather than the one called.
        ramps: whether those who come back should do so slowly.
    """

    for_s: float
    provider: bool = False
    ramps: bool = False


def stay_away(failure: ModelFailure, *, limits: bool = False) -> StayAway | None:
    """Return what a failure asks of all callers, None when it asks nothing.

    Args:
        failure: how a call ended.
        limits: whether rate limits are among it.
    """
    match failure.kind:
        case "rate_limited" | "ramp_limited" if limits:
            for_s = failure.retry_after_s or LIMIT_OFF_S
            return StayAway(for_s, ramps=failure.kind == "ramp_limited")
        case "auth" | "spent":
            return StayAway(PROVIDER_OFF_S, provider=True)
        case "model_gone":
            return StayAway(MODEL_OFF_S)
        case _:
            return None
