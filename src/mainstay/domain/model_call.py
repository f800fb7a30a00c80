"""One model call: what is asked, and the few ways it can end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mainstay.domain.pool import PoolState
from mainstay.domain.step import NO_USAGE, ModelStep, Usage


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """What one model call sends.

    Args:
        model: the model's id.
        system: the system prompt; cached together with the tools.
        messages: Messages API messages, ``{"role", "content"}``, append-only history;
            thinking blocks carry ``"model"`` beside their fields when they come from a
            model other than the target, so that the adapter can leave them out.
        tools: tool definitions ``{"name", "description", "input_schema"}``.
        use_tools: false sends the same tools with ``tool_choice: none``.
        max_tokens: the most the model may write.
        timeout_s: seconds for the whole call.
        first_token_s: seconds until the first token.
        idle_s: seconds between events.
    """

    model: str
    system: str
    messages: Sequence[Mapping[str, Any]]
    tools: Sequence[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    use_tools: bool = True
    max_tokens: int = 1024
    timeout_s: float = 20.0
    first_token_s: float = 8.0
    idle_s: float = 5.0


FailureKind = Literal[
    "invalid",  # 400, 413, 422: this request will never pass
    "too_long",  # 400/413: the prompt does not fit; compact
    "auth",  # 401, 402, 403: the provider is off
    "spent",  # a spend limit is reached: the provider is off, too
    "rotated",  # 401 for a key that has been replaced meanwhile
    "model_gone",  # 404: this model is off
    "conflict",  # 409
    "rate_limited",  # 429
    "ramp_limited",  # 429 for growing too fast: come back slowly
    "overloaded",  # 529
    "server",  # 408, 500, 502, 503, 504 and the like
    "cut",  # the stream or connection broke
    "incomplete",  # a clean end without message_stop
    "garbled",  # a 200 that is not what the protocol says
    "truncated",  # the token limit cut a tool call, which must never run
    "slow",  # timeouts: first token, idle, whole call
    "shed",  # no connection was free here: our own fault
    "unforeseen",  # an exception nobody expected: a fault of ours, or of the SDK
]


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """A call that brought no usable response.

    Args:
        kind: the cause, by which the ladder and the breaker decide.
        detail: one line for operators; never customer text or secrets.
        status: the HTTP status, or None.
        retry_after_s: seconds the server asked to wait, or None.
        shown: whether a delta of it was already passed on.
        pool: what the server said of the model's limits, None when it did not.
        usage: tokens that it took, as far as the server told.
        several: whether several providers were asked in vain, and too slow.
    """

    kind: FailureKind
    detail: str
    status: int | None = None
    retry_after_s: float | None = None
    shown: bool = False
    pool: PoolState | None = None
    usage: Usage = NO_USAGE
    several: bool = False


ModelOutcome = ModelStep | ModelFailure
