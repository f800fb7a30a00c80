"""The journal's rows: what a turn did, in order, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mainstay.domain.pool import PoolState

FIRST_PARTY = "anthropic"
"""The provider that a response is from unless it says another."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to call a tool.

    Args:
        id: the call's id in the model's response (``toolu_…``).
        name: the tool.
        args: the arguments as the model wrote them, a JSON object.
    """

    id: str
    name: str
    args: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more model calls.

    Args:
        input_tokens: read at the full price.
        output_tokens: written.
        cache_read_tokens: read from the prompt cache.
        cache_write_tokens: written to the prompt cache.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    @property
    def tokens(self) -> int:
        """All of them."""
        read = self.input_tokens + self.cache_read_tokens
        return read + self.output_tokens + self.cache_write_tokens

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sum, field by field."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class ModelStep:
    """A whole model response, journaled before any of its tools starts.

    Args:
        model: the id of the model that answered.
        content: its content blocks as received (text, thinking, tool_use), so that
            they can be sent back unchanged.
        stop_reason: ``end_turn``, ``tool_use``, ``max_tokens``, ``refusal``, …
        usage: its tokens.
        pool: what the server said of the model's limits; not journaled.
        provider: who served the model.
    """

    model: str
    content: Sequence[Mapping[str, Any]]
    stop_reason: str
    usage: Usage = field(default_factory=Usage)
    pool: PoolState | None = field(default=None, compare=False)
    provider: str = FIRST_PARTY

    @property
    def text(self) -> str:
        """The response's text blocks, joined."""
        return "".join(b["text"] for b in self.content if b["type"] == "text").strip()

    @property
    def calls(self) -> list[ToolCall]:
        """The tool calls of the response, in order."""
        return [
            ToolCall(b["id"], b["name"], b["input"])
            for b in self.content
            if b["type"] == "tool_use"
        ]


@dataclass(frozen=True, slots=True)
class IntentStep:
    """A tool call about to be sent, journaled before it is.

    Args:
        call: the call.
        key: its idempotency key, stable over every retry.
    """

    call: ToolCall
    key: str


@dataclass(frozen=True, slots=True)
class ResultStep:
    """What became of a tool call.

    Args:
        call_id: the call's id.
        content: what the model reads as the result.
        is_error: whether the tool failed or refused.
        handoff: why the tool wants a human to go on, or None.
        approval_id: the approval the call waits for, or None.
    """

    call_id: str
    content: str
    is_error: bool = False
    handoff: str | None = None
    approval_id: str | None = None


@dataclass(frozen=True, slots=True)
class RetryStep:
    """A retry about to be made, journaled before it is.

    Args:
        cause: the ``FailureKind`` of the model call before it, or ``tool``.
    """

    cause: str


Step = ModelStep | IntentStep | ResultStep | RetryStep
StepKind = Literal["model", "intent", "result"]
