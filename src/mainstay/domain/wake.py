"""The small message on a queue: conversation X has work."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wake:
    """A wake-up; it carries ids only, never content.

    Args:
        conversation_id: the conversation with work.
        handle: what the queue needs to ack it; empty before it is received.
    """

    conversation_id: str
    handle: str = ""
