"""JSON in and out of columns; steps to rows and back."""

from typing import Any

import msgspec

from mainstay.domain.step import (
    FIRST_PARTY,
    IntentStep,
    ModelStep,
    ResultStep,
    RetryStep,
    Step,
    StepKind,
    ToolCall,
    Usage,
)

RETRY = "retry"
"""The call that a retry's row says it is the result of; no call has this id.

A kind of its own would stop a worker of the version before, which may go on with the
turn during a rolling upgrade. To that one this is a result of no call of the turn's.
"""

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"

CLOCKS_APART_MS = 60_000
"""How far the clocks of the machines that name rows may be from the store's."""

_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder()


def dumps(value: object) -> str:
    """Return compact JSON text."""
    return _encoder.encode(value).decode()


def loads(text: str) -> Any:
    """Return the data of a JSON text."""
    return _decoder.decode(text)


def id_floor(prefix: str, at_ms: int) -> str:
    """Return what sorts before each identity that was given at or after a time.

    For a search by the primary key: it may find somewhat more.
    """
    n = max(0, at_ms - CLOCKS_APART_MS)
    digits = (_DIGITS[n >> shift & 31] for shift in range(45, -1, -5))
    return f"{prefix}_{''.join(digits)}"


def step_row(step: Step) -> tuple[StepKind, str]:
    """Return the kind and body of a journal row."""
    match step:
        case ModelStep():
            return "model", dumps(_journaled(step))
        case IntentStep():
            return "intent", dumps(step)
        case ResultStep():
            return "result", dumps(step)
        case RetryStep(cause):
            return "result", dumps(ResultStep(RETRY, cause))


def _journaled(step: ModelStep) -> dict[str, Any]:
    """Return what the journal keeps: not what was said of limits at that moment.

    The first party goes without its name: versions before there were others read it.
    """
    kept: dict[str, Any] = {
        "model": step.model,
        "content": step.content,
        "stop_reason": step.stop_reason,
        "usage": step.usage,
    }
    return kept if step.provider == FIRST_PARTY else kept | {"provider": step.provider}


def step_of(kind: str, body: str) -> Step:
    """Return the step that a journal row tells of."""
    data = loads(body)
    match kind:
        case "model":
            usage = Usage(**data.pop("usage"))
            return ModelStep(**data, usage=usage)
        case "intent":
            return IntentStep(ToolCall(**data["call"]), data["key"])
        case "result" if data["call_id"] == RETRY:
            return RetryStep(data["content"])
        case "result":
            return ResultStep(**data)
        case _:
            raise ValueError(f"unknown step kind {kind}")
