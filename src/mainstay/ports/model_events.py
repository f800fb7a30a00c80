"""Events of models: how calls end, what room there is for them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from mainstay.domain.step import FIRST_PARTY, NO_USAGE, Usage

if TYPE_CHECKING:
    # A gateway calls no model.
    from mainstay.domain.model_call import ModelOutcome, ModelRequest


@dataclass(slots=True)
class ModelCalled:
    """A model call ended.

    Args:
        outcome: ``ok`` or a kind of failure.
        detail: of a failure, without customer text.
        provider: who served the model.
        first_token_ms: from the start of the call to its first text; None without any.
        usage: its tokens, as far as they are known.
        cost_usd: their price; 0 for a model without one.
        second: whether it was the second call beside a late first one.
        request: what was sent; never logged.
        end: what came back; never logged.
    """

    turn_id: str
    model: str
    outcome: str
    duration_ms: float
    detail: str = ""
    provider: str = FIRST_PARTY
    first_token_ms: float | None = None
    usage: Usage = NO_USAGE
    cost_usd: float = 0.0
    second: bool = field(default=False, repr=False, compare=False)
    request: "ModelRequest | None" = field(default=None, repr=False, compare=False)
    end: "ModelOutcome | None" = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class ModelAwaited:
    """A model call found no room beside the others.

    Args:
        outcome: ``admitted`` after a wait, ``too_long`` when the wait was over,
            ``no_place`` when it could not even wait.
    """

    turn_id: str
    model: str
    outcome: Literal["admitted", "too_long", "no_place"]
    waited_ms: float
    provider: str = FIRST_PARTY


@dataclass(slots=True)
class ModelHedged:
    """A late first call of a turn got a second one beside it, and that is decided.

    Args:
        won: which of the two answered; ``none`` when both failed.
    """

    turn_id: str
    model: str
    won: Literal["first", "second", "none"]


@dataclass(slots=True)
class ModelLimitMoved:
    """The limit on calls of a model at once moved.

    Args:
        limit: calls at once from now on, in this process.
        cause: ``slow`` and ``overloaded`` cut it, ``in_vain`` takes a cut back that
            did not help, ``growing`` and ``unused`` raise it.
    """

    model: str
    limit: int
    cause: Literal["slow", "overloaded", "in_vain", "growing", "unused"]
    provider: str = FIRST_PARTY


@dataclass(slots=True)
class PoolRead:
    """What is left of a model pool's limits a minute was looked up.

    Args:
        pool: the pool.
        requests: the share left, 0 to 1; 1 where no limit is known.
        input_tokens: the same.
        output_tokens: the same.
    """

    pool: str
    requests: float
    input_tokens: float
    output_tokens: float


@dataclass(slots=True)
class PoolChanged:
    """A model pool became fuller or emptier.

    Args:
        pool: the pool.
        state: ``ample``; ``low``: below 20% left; ``short``: below 5%; ``blocked``: the
            provider asked everybody to wait.
    """

    pool: str
    state: Literal["ample", "low", "short", "blocked"]
