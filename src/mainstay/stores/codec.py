"""JSON in and out of columns; steps to rows and back."""

from typing import Any

import msgspec

from mainstay.domain.step import (
    IntentStep,
    ModelStep,
    ResultStep,
    Step,
    StepKind,
    ToolCall,
    Usage,
)

_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder()


def dumps(value: object) -> str:
    """Return compact JSON text."""
    return _encoder.encode(value).decode()


def loads(text: str) -> Any:
    """Return the data of a JSON text."""
    return _decoder.decode(text)


def step_row(step: Step) -> tuple[StepKind, str]:
    """Return the kind and body of a journal row."""
    match step:
        case ModelStep():
            return "model", dumps(step)
        case IntentStep():
            return "intent", dumps(step)
        case ResultStep():
            return "result", dumps(step)


def step_of(kind: str, body: str) -> Step:
    """Return the step that a journal row tells of."""
    data = loads(body)
    match kind:
        case "model":
            usage = Usage(**data.pop("usage"))
            return ModelStep(**data, usage=usage)
        case "intent":
            return IntentStep(ToolCall(**data["call"]), data["key"])
        case "result":
            return ResultStep(**data)
        case _:
            raise ValueError(f"unknown step kind {kind}")
