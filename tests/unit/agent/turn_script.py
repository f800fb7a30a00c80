"""A model and tools that do as they are told, for tests of whole turns."""

from collections.abc import Callable
from typing import Any

from mainstay.domain.model_call import ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep, Usage
from mainstay.ports.tools import ToolDone, ToolSpec
from mainstay.testing.scripted_tools import ScriptedTool

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": []}
PAID = ToolDone({"paid": 5}, "5 EUR have been paid for bill 77.")


class Script:
    """A model that gives the next outcome each time; the last one stays."""

    def __init__(
        self, *outcomes: ModelOutcome | Callable[[ModelRequest], ModelOutcome]
    ) -> None:
        self._outcomes = list(outcomes)
        self.requests: list[ModelRequest] = []

    async def call(self, request: ModelRequest, on_text: Any) -> ModelOutcome:
        """Return what comes next."""
        self.requests.append(request)
        more = len(self._outcomes) > 1
        outcome = self._outcomes.pop(0) if more else self._outcomes[0]
        return outcome(request) if callable(outcome) else outcome

    async def close(self) -> None:
        """Hold nothing."""


def say(text: str) -> ModelStep:
    """Return a response in words."""
    return ModelStep(
        "primary", [{"type": "text", "text": text}], "end_turn", Usage(1, 1)
    )


def use(name: str, id_: str = "toolu_1", **args: Any) -> ModelStep:
    """Return a response that calls a tool."""
    block = {"type": "tool_use", "id": id_, "name": name, "input": args}
    return ModelStep("primary", [block], "tool_use", Usage(1, 1))


def tool(
    name: str, answer: Any = PAID, *, once: Any = "keyed", **more: Any
) -> ScriptedTool:
    """Return an effect tool."""
    spec = ToolSpec(name, "Does it.", SCHEMA, effect=True, once=once)
    return ScriptedTool(spec=spec, answer=lambda args, context: answer, **more)


def lookup(name: str, answer: Any) -> ScriptedTool:
    """Return a lookup."""
    spec = ToolSpec(name, "Looks.", SCHEMA, effect=False, once="unsafe")
    return ScriptedTool(spec=spec, answer=lambda args, context: answer)
