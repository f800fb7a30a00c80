"""What was said, as attributes of spans: only where the operator asks for it.

Source: the JSON schemas beside the conventions that ``semantics`` names
(gen-ai-input-messages.json, gen-ai-output-messages.json).
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import mainstay.monitoring.semantics as names
from mainstay.domain.model_call import ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep, ToolCall
from mainstay.monitoring.span import Value
from mainstay.ports.journal import Approval
from mainstay.ports.tools import ToolDone, ToolOutcome, ToolRefused


def said_by_model(
    request: ModelRequest | None, end: ModelOutcome | None
) -> Mapping[str, Value]:
    """Return what a model read and wrote."""
    found: dict[str, Value] = {}
    if request is not None:
        found[names.SYSTEM_INSTRUCTIONS] = _json([_text(request.system)])
        found[names.INPUT_MESSAGES] = _json([_message(m) for m in request.messages])
    if isinstance(end, ModelStep):
        told = {"role": "assistant", "parts": _parts(end.content)}
        found[names.OUTPUT_MESSAGES] = _json(
            [told | {"finish_reason": end.stop_reason}]
        )
    return found


def said_by_tool(
    call: ToolCall | None, end: ToolOutcome | Approval | None
) -> Mapping[str, Value]:
    """Return what a tool was given, and what it gave back."""
    found: dict[str, Value] = {}
    if call is not None:
        found[names.TOOL_ARGUMENTS] = _json(call.args)
    match end:
        case ToolDone(result):
            found[names.TOOL_RESULT] = _json(result)
        case ToolRefused(reason):
            found[names.TOOL_RESULT] = _json(reason)
        case _:
            pass
    return found


def _message(message: Mapping[str, Any]) -> Mapping[str, Any]:
    content = message["content"]
    parts = [_text(content)] if isinstance(content, str) else _parts(content)
    return {"role": message["role"], "parts": parts}


def _parts(blocks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [_part(block) for block in blocks]


def _part(block: Mapping[str, Any]) -> Mapping[str, Any]:
    match block:
        case {"type": "text", "text": str(text)}:
            return _text(text)
        case {"type": "thinking", "thinking": str(text)}:
            return {"type": "reasoning", "content": text}
        case {"type": "tool_use", "id": id_, "name": name, "input": given}:
            return {"type": "tool_call", "id": id_, "name": name, "arguments": given}
        case {"type": "tool_result", "tool_use_id": id_}:
            result = block.get("content")
            return {"type": "tool_call_response", "id": id_, "response": result}
        case _:
            return {"type": str(block.get("type", "unknown"))}


def _text(text: str) -> Mapping[str, Any]:
    return {"type": "text", "content": text}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
