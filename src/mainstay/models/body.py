"""A model request as the Messages API takes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mainstay.domain.model_call import ModelRequest

EPHEMERAL = {"type": "ephemeral"}

THOUGHTS = frozenset({"thinking", "redacted_thinking"})

BRIEF: Mapping[str, Mapping[str, Any]] = {
    "claude-sonnet-5-5": {
        "thinking": {"type": "between_tools"},
        "output_config": {"effort": "low"},
    },
    "claude-haiku-5-5": {"output_config": {"effort": "low"}},
}
"""What keeps a model that thinks by default short enough for a turn, by its id.

Other models get nothing: what they accept differs, and a field too many is a 400.
Sources: https://platform.claude.com/docs/en/models/sonnet-5-5/migration-guide and
https://platform.claude.com/docs/en/models/haiku-5-5/whats-new-haiku-5-5.
"""

_encode = msgspec.json.Encoder(decimal_format="string").encode


def encoded(request: ModelRequest) -> bytes:
    """Return the body of ``POST /v1/messages`` as JSON.

    Raises:
        UnicodeEncodeError: a text holds half a surrogate pair.
    """
    return _encode(body_of(request))


def body_of(request: ModelRequest) -> dict[str, Any]:
    """Return the body of ``POST /v1/messages``.

    System prompt and tools are marked for the prompt cache: they are the same for
    every conversation (https://platform.claude.com/docs/en/build-with-claude/prompt-caching).
    """
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "stream": True,
        "messages": _readable(request.messages, request.model),
        **BRIEF.get(request.model, {}),
    }
    if request.system:
        body["system"] = [
            {"type": "text", "text": request.system, "cache_control": EPHEMERAL}
        ]
    if request.tools:
        body["tools"] = [
            *request.tools[:-1],
            {**request.tools[-1], "cache_control": EPHEMERAL},
        ]
        if not request.use_tools:
            body["tool_choice"] = {"type": "none"}
    return body


def _readable(
    messages: Sequence[Mapping[str, Any]], model: str
) -> list[Mapping[str, Any]]:
    """Return the messages as this model can read them.

    A message of which nothing is left is left out: an empty one would be refused.
    """
    readable = [_of_assistant(message, model) for message in messages]
    return [message for message in readable if message["content"]]


def _of_assistant(message: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """Leave out what the API would refuse: others' thoughts, and empty texts.

    Source: https://platform.claude.com/docs/en/build-with-claude/extended-thinking
    (thinking blocks belong to the model that wrote them).
    """
    if message["role"] != "assistant" or isinstance(message["content"], str):
        return message
    blocks = [block for block in message["content"] if _is_readable(block, model)]
    return {**message, "content": [_unmarked(block) for block in blocks]}


def _is_readable(block: Mapping[str, Any], model: str) -> bool:
    if block["type"] in THOUGHTS:
        return block.get("model", model) == model
    return block["type"] != "text" or block["text"] != ""


def _unmarked(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a thought without the note of whose it is; the API knows no such field."""
    if block["type"] not in THOUGHTS or "model" not in block:
        return block
    return {key: value for key, value in block.items() if key != "model"}
