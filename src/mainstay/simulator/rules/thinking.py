"""How a model may be told to think.

Source: https://platform.claude.com/docs/en/api/errors#common-validation-errors and
``anthropic.types.ThinkingTypes``.
"""

from typing import Any

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.request import Request

_TYPES = ("adaptive", "between_tools", "disabled", "enabled")
_MIN_BUDGET = 1_024
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_WORDS = {
    "enabled": (
        '"thinking.type.enabled" is not supported for this model. Use '
        '"thinking.type.adaptive" and "output_config.effort" to control thinking '
        "behavior."
    ),
    "adaptive": "adaptive thinking is not supported on this model",
    "between_tools": '"thinking.type.between_tools" is not supported for this model.',
}


def check_config(request: Request) -> None:
    """Refuse a kind of thinking that the model does not have."""
    config: Any = request.body.get("thinking")
    if not config:
        return
    kind = config["type"]
    if kind not in _TYPES:
        raise RejectedError(f"thinking.type: Input should be one of {_TYPES}")
    if kind not in request.card.thinking:
        raise RejectedError(_WORDS.get(kind) or _disabled(request))
    if kind == "enabled":
        _check_budget(config.get("budget_tokens"), request.max_tokens)


def check_effort(request: Request) -> None:
    """Refuse an effort that the model, or its way of thinking, does not have.

    ``between_tools`` goes up to high
    (https://platform.claude.com/docs/en/models/sonnet-5-5/whats-new-sonnet-5-5).
    """
    config: Any = request.body.get("output_config") or {}
    if config.get("format") is not None:
        raise RejectedError(
            "output_config.format: the simulator does not play structured outputs"
        )
    effort = config.get("effort")
    if effort is None:
        return
    if effort not in _EFFORTS:
        raise RejectedError(f"output_config.effort: Input should be one of {_EFFORTS}")
    if effort not in request.card.efforts:
        raise RejectedError("This model does not support the effort parameter.")
    if request.thinking == "between_tools" and effort in {"xhigh", "max"}:
        raise RejectedError(
            f'output_config.effort: "{effort}" is not supported with '
            '"thinking.type.between_tools"'
        )


def _disabled(request: Request) -> str:
    way_out = "thinking.type.adaptive"
    if "between_tools" in request.card.thinking:
        way_out = "thinking.type.between_tools"
    return f'"thinking.type.disabled" is not supported for this model. Use "{way_out}".'


def _check_budget(budget: Any, max_tokens: int) -> None:
    """Want 1,024 ≤ budget < max_tokens (``ThinkingConfigEnabledParam``)."""
    if not isinstance(budget, int) or budget < _MIN_BUDGET:
        raise RejectedError(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to "
            f"{_MIN_BUDGET}"
        )
    if budget >= max_tokens:
        raise RejectedError(
            "`max_tokens` must be greater than `thinking.budget_tokens`."
        )
