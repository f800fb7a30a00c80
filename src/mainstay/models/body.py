"""A model request as the Messages API takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.domain.model_call import ModelRequest

EPHEMERAL = {"type": "ephemeral"}

THINKS: tuple[str, ...] = ("claude-sonnet-5-5",)
"""Models that think unless told how: kept short, so that a turn fits its deadline."""


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the body of ``POST /v1/messages``.

    System prompt and tools are marked for the prompt cache: they are the same for
    every conversation (https://docs.claude.com/en/docs/build-with-claude/prompt-caching).
    """
    system = {"type": "text", "text": request.system, "cache_control": EPHEMERAL}
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "stream": True,
        "system": [system],
        "messages": [_readable(message, request.model) for message in request.messages],
    }
    if request.tools:
        body["tools"] = _cached(request.tools)
        if not request.use_tools:
            body["tool_choice"] = {"type": "none"}
    if request.model.startswith(THINKS):
        body["thinking"] = {"type": "between_tools"}
        body["output_config"] = {"effort": "low"}
    return body


def _cached(tools: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [*tools[:-1], {**tools[-1], "cache_control": EPHEMERAL}]


def _readable(message: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """Leave out thinking that another model wrote; it could not read it."""
    if message["role"] != "assistant":
        return message
    content = [
        {key: value for key, value in block.items() if key != "model"}
        for block in message["content"]
        if block.get("model", model) == model
    ]
    return {**message, "content": content}
