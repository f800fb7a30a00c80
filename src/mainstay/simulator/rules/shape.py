"""Fields, their types and their ranges (``anthropic.types.MessageCreateParams``)."""

from typing import Any, cast

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.prompt import Json

_FIELDS = frozenset(
    {
        "model",
        "messages",
        "max_tokens",
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "metadata",
        "output_config",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "thinking",
        "tool_choice",
        "tools",
    }
)
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})
_REQUIRED = ("model", "max_tokens", "messages")
_MAX_MESSAGES = 100_000
_BLOCK_TYPES = frozenset(
    {
        "text",
        "image",
        "document",
        "search_result",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "tool_result",
    }
)


def check_fields(
    body: Json, *, beta: bool, required: tuple[str, ...] = _REQUIRED
) -> None:
    """Want the required fields and no unknown ones.

    A request with an ``anthropic-beta`` header may carry fields unknown here.
    """
    for name in required:
        if body.get(name) is None:
            raise RejectedError(f"{name}: Field required")
    unknown = sorted(body.keys() - _FIELDS - _SAMPLING)
    if unknown and not beta:
        raise RejectedError(f"{unknown[0]}: Extra inputs are not permitted")


def check_types(body: Json) -> None:
    """Want each field to be of its type."""
    if not isinstance(body["model"], str):
        raise RejectedError("model: Input should be a valid string")
    if not isinstance(body.get("system", ""), str | list):
        raise RejectedError("system: Input should be a valid list")
    _check_tools(body.get("tools"))
    for name in ("thinking", "tool_choice"):
        _check_choice(name, body.get(name))
    _check_messages(body["messages"])


def check_max_tokens(max_tokens: Any, largest: int) -> None:
    """Want ``max_tokens`` between 0 and the model's maximum."""
    if isinstance(max_tokens, bool) or not isinstance(max_tokens, int):
        raise RejectedError("max_tokens: Input should be a valid integer")
    if max_tokens < 0:
        raise RejectedError("max_tokens: must be greater than or equal to 0")
    if max_tokens > largest:
        raise RejectedError(
            f"max_tokens: {max_tokens} > {largest}, which is the maximum allowed "
            "number of output tokens for this model"
        )


def _check_tools(tools: Any) -> None:
    if tools is None:
        return
    if not isinstance(tools, list):
        raise RejectedError("tools: Input should be a valid list")
    for i, tool in enumerate(cast("list[Any]", tools)):
        if not isinstance(tool, dict):
            raise RejectedError(f"tools.{i}: Input should be a valid dictionary")


def _check_choice(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict) or not isinstance(
        cast("Json", value).get("type"), str
    ):
        raise RejectedError(f"{name}.type: Field required")


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list):
        raise RejectedError("messages: Input should be a valid list")
    if not messages:
        raise RejectedError("messages: at least one message is required")
    if len(cast("list[Any]", messages)) > _MAX_MESSAGES:
        raise RejectedError(f"messages: at most {_MAX_MESSAGES} messages are allowed")
    for i, message in enumerate(cast("list[Any]", messages)):
        if not isinstance(message, dict):
            raise RejectedError(f"messages.{i}: Input should be a valid dictionary")
        _check_message(f"messages.{i}", cast("Json", message))


def _check_message(place: str, message: Json) -> None:
    for name in ("role", "content"):
        if name not in message:
            raise RejectedError(f"{place}.{name}: Field required")
    for extra in sorted(message.keys() - {"role", "content"}):
        raise RejectedError(f"{place}.{extra}: Extra inputs are not permitted")
    content = message["content"]
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise RejectedError(f"{place}.content: Input should be a valid list")
    for j, block in enumerate(cast("list[Any]", content)):
        if not isinstance(block, dict):
            raise RejectedError(f"{place}.content.{j}: Input should be an object")
        _check_block(f"{place}.content.{j}", cast("Json", block))


_BLOCK_FIELDS = {
    "text": frozenset({"text", "citations"}),
    "tool_use": frozenset({"id", "name", "input", "caller", "toolset_name"}),
    "tool_result": frozenset({"tool_use_id", "content", "is_error", "toolset_name"}),
    "thinking": frozenset({"thinking", "signature"}),
    "redacted_thinking": frozenset({"data"}),
}
"""``anthropic.types.*BlockParam``, without ``type`` and ``cache_control``."""

_UNCACHED = frozenset({"thinking", "redacted_thinking"})


def _check_block(place: str, block: Json) -> None:
    kind = block.get("type")
    if kind not in _BLOCK_TYPES:
        raise RejectedError(
            f"{place}: Input tag '{kind}' found using 'type' does not match any of "
            f"the expected tags: {', '.join(sorted(_BLOCK_TYPES))}"
        )
    known = _BLOCK_FIELDS.get(str(kind))
    allowed = {"type"} if kind in _UNCACHED else {"type", "cache_control"}
    for extra in sorted(block.keys() - known - allowed) if known else ():
        raise RejectedError(f"{place}.{kind}.{extra}: Extra inputs are not permitted")
    wanted: dict[str, tuple[tuple[str, type], ...]] = {
        "text": (("text", str),),
        "tool_use": (("id", str), ("name", str), ("input", dict)),
        "tool_result": (("tool_use_id", str),),
        "thinking": (("thinking", str), ("signature", str)),
        "redacted_thinking": (("data", str),),
    }
    for name, type_ in wanted.get(str(kind), ()):
        if not isinstance(block.get(name), type_):
            raise RejectedError(f"{place}.{kind}.{name}: Field required")
