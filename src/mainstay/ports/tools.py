"""The tools: list, and call one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Once = Literal["keyed", "queryable", "unsafe"]


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool is told besides its arguments.

    Args:
        customer_id: the customer, from the credentials, never from the model.
        conversation_id: the conversation.
        turn_id: the turn.
        idempotency_key: stable over every retry of this one call.
        requests: what the tool asks of Mainstay; use ``hand_off``.
        traceparent: send it along as the header of that name, and the spans of who
            answers are part of the customer's trace; "" without tracing.
        tracestate: the same, unless it is "".
    """

    customer_id: str
    conversation_id: str
    turn_id: str
    idempotency_key: str
    requests: dict[str, str] = field(default_factory=dict[str, str])
    traceparent: str = field(default="", compare=False)
    tracestate: str = field(default="", compare=False)

    def hand_off(self, reason: str) -> None:
        """Ask that a human takes the conversation over when this turn ends."""
        self.requests["handoff"] = reason


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model and the ledger see it.

    Args:
        name: its name.
        description: from the docstring.
        input_schema: JSON Schema of its arguments, without the context.
        effect: whether it changes the world.
        once: how a call in doubt is treated.
        timeout_s: seconds one call may take.
    """

    name: str
    description: str
    input_schema: Mapping[str, Any]
    effect: bool
    once: Once
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ToolDone:
    """A call that came back.

    Args:
        result: JSON data.
        statement: one sentence a customer may read about the effect; "" for lookups.
        handoff: why a human should go on, or None.
    """

    result: Any
    statement: str = ""
    handoff: str | None = None


@dataclass(frozen=True, slots=True)
class ToolRefused:
    """The tool, or its schema, said no; nothing was changed.

    Args:
        reason: words for the model.
        fault: true when the tool broke rather than refused (counts as a failure).
    """

    reason: str
    fault: bool = False


@dataclass(frozen=True, slots=True)
class ToolDoubt:
    """Nobody can tell whether the call did its work (a time-out, a cut connection).

    Args:
        reason: one line for operators.
    """

    reason: str


ToolOutcome = ToolDone | ToolRefused | ToolDoubt


class Tools(Protocol):
    """The tools of one agent."""

    def list(self) -> Sequence[ToolSpec]:
        """Return every tool, in a stable order (the prompt cache depends on it)."""
        ...

    def approval_needed(self, name: str, args: Mapping[str, Any]) -> bool:
        """Tell whether a human must approve this call; True when the rule raises."""
        ...

    def unique_key(
        self, name: str, args: Mapping[str, Any], customer_id: str
    ) -> str | None:
        """Return the key under which this effect may exist once, or None."""
        ...

    async def call(
        self, name: str, args: Mapping[str, Any], context: ToolContext
    ) -> ToolOutcome:
        """Validate the arguments and call a tool; never raises for its faults."""
        ...

    async def query(self, name: str, context: ToolContext) -> ToolOutcome | None:
        """Ask the other side whether ``idempotency_key`` was carried out.

        Only for ``queryable`` tools. Returns None when the other side says not done.
        """
        ...
