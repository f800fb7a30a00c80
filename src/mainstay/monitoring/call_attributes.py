"""What the spans of model and tool calls say."""

import mainstay.monitoring.semantics as names
from mainstay.domain.model_call import ModelOutcome
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import Turn
from mainstay.monitoring.span import Value
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import ToolCalled
from mainstay.ports.tools import ToolDoubt, ToolRefused
from mainstay.ports.trace_events import ModelDropped


def of_chat(event: ModelCalled, turn: Turn) -> dict[str, Value]:
    """Return what a model call's span says, what was said left out."""
    said = _of_call(event, turn)
    if event.first_token_ms is not None:
        said[names.TIME_TO_FIRST_CHUNK] = event.first_token_ms / 1000
    if event.request is not None:
        said[names.REQUEST_MAX_TOKENS] = event.request.max_tokens
    if event.end is not None:
        said |= _of_end(event.end)
    return said


def of_dropped(event: ModelDropped, turn: Turn) -> dict[str, Value]:
    """Return what the span of a cancelled model call says."""
    return _of_call(event, turn)


def of_tool(event: ToolCalled, turn: Turn) -> tuple[dict[str, Value], str]:
    """Return what a tool call's span says, and what went wrong or ""."""
    said: dict[str, Value] = {
        names.OPERATION: names.EXECUTE_TOOL,
        names.TOOL_NAME: event.tool,
        names.TOOL_TYPE: names.FUNCTION,
        names.CONVERSATION_ID: turn.conversation_id,
        names.ATTEMPT: turn.attempt,
        names.TOOL_OUTCOME: event.outcome,
    }
    if event.call is not None:
        said[names.TOOL_CALL_ID] = event.call.id
    match event.end:
        case ToolDoubt():
            return said, names.IN_DOUBT
        case ToolRefused(fault=True):
            return said, names.FAULT
        case _:
            return said, ""


def _of_call(event: ModelCalled | ModelDropped, turn: Turn) -> dict[str, Value]:
    said: dict[str, Value] = {
        names.OPERATION: names.CHAT,
        names.PROVIDER: names.PROVIDERS.get(event.provider, event.provider),
        names.REQUEST_MODEL: event.model,
        names.REQUEST_STREAM: True,
        names.CONVERSATION_ID: turn.conversation_id,
        names.ATTEMPT: turn.attempt,
    }
    if event.second:
        said[names.SECOND_CALL] = True
    return said


def _of_end(end: ModelOutcome) -> dict[str, Value]:
    usage = end.usage
    read = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
    said: dict[str, Value] = {
        names.INPUT_TOKENS: read,
        names.OUTPUT_TOKENS: usage.output_tokens,
        names.CACHE_READ_TOKENS: usage.cache_read_tokens,
        names.CACHE_WRITE_TOKENS: usage.cache_write_tokens,
    }
    if isinstance(end, ModelStep):
        said[names.RESPONSE_MODEL] = end.model
        said[names.FINISH_REASONS] = [end.stop_reason]
    return said
