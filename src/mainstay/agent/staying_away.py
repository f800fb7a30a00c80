"""For how long one failure keeps everybody from a model, or from its whole provider.

These do not speak against the model's health: nothing is counted, the breaker is told.
A rate limit is not among them: it blocks a pool (``agent.rate_gate``).
"""

from dataclasses import dataclass

from mainstay.domain.model_call import ModelFailure

PROVIDER_OFF_S = 15.0
"""A refused key or a spend limit is put right by a human, who waits no longer then."""

MODEL_OFF_S = 60.0
"""A model that is gone seldom comes back."""


@dataclass(frozen=True, slots=True)
class StayAway:
    """What the other side wants to be left alone with.

    Args:
        for_s: seconds.
        provider: whether all of its models are meant, rather than the one called.
    """

    for_s: float
    provider: bool = False


def stay_away(failure: ModelFailure) -> StayAway | None:
    """Return what a failure asks of all callers, None when it asks nothing."""
    match failure.kind:
        case "auth" | "spent":
            return StayAway(PROVIDER_OFF_S, provider=True)
        case "model_gone":
            return StayAway(MODEL_OFF_S)
        case _:
            return None
