"""The small message on a queue: conversation X has work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wake:
    """A wake-up; it carries ids and trace context, never content.

    Args:
        conversation_id: the conversation with work.
        handle: what the queue needs to ack it; empty before it is received.
        traceparent: the message's place in its trace, for whoever looks at the broker;
            "" when there is none, and once it is received: the turn's row tells it.
    """

    conversation_id: str
    handle: str = ""
    traceparent: str = ""
