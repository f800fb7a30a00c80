"""A reply together with the call that it answers."""

from dataclasses import dataclass
from typing import Any

from mainstay.simulator.prompt_cache import InputUsage
from mainstay.simulator.reply import Reply
from mainstay.simulator.usage import full


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that a 200 says.

    Args:
        id: of the message.
        model: that answered.
        reply: what it said.
        used: the input tokens.
        request_id: of the call.
        headers: of the response, lower-case.
    """

    id: str
    model: str
    reply: Reply
    used: InputUsage
    request_id: str
    headers: list[tuple[str, str]]

    def message(self, *, started: bool = False) -> dict[str, Any]:
        """Return the message: empty if just started, else whole.

        Source: ``anthropic.types.Message``.
        """
        reply = self.reply
        content = [] if started else [block.whole for block in reply.blocks]
        tokens = 1 if started else reply.output_tokens
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": None if started else reply.stop_reason,
            "stop_sequence": None if started else reply.stop_sequence,
            "usage": full(self.used, reply, tokens),
        }
