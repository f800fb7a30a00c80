"""What one model call cost."""

from collections.abc import Callable

from mainstay.domain.model_call import ModelOutcome
from mainstay.domain.step import ModelStep, Usage

Price = Callable[[str, Usage], float]
"""US dollars of a model's tokens."""


def cost_of(price: Price, model: str, outcome: ModelOutcome) -> float:
    """Return US dollars, whatever became of the call.

    Priced as the model that was asked or the one that answered, whichever is dearer:
    one of the names may have no price.
    """
    usd = price(model, outcome.usage)
    if isinstance(outcome, ModelStep) and outcome.model != model:
        return max(usd, price(outcome.model, outcome.usage))
    return usd


def free(_model: str, _usage: Usage) -> float:
    """Price a call whose cost nobody asks for."""
    return 0.0
