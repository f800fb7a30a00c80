"""What the spans of wakes say."""

import mainstay.monitoring.semantics as names
from mainstay.monitoring.span import Value
from mainstay.monitoring.span_names import SpanNames


def of_wake(said: SpanNames, operation: str, conversation_id: str) -> dict[str, Value]:
    """Return the attributes of a wake that is sent or processed."""
    return {
        names.MESSAGING_SYSTEM: said.system,
        names.MESSAGING_DESTINATION: said.destination,
        names.MESSAGING_OPERATION: operation,
        names.MESSAGING_OPERATION_TYPE: operation,
        names.MESSAGING_CONVERSATION: conversation_id,
    }
