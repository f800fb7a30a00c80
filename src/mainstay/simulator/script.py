"""Replies laid down beforehand, for tests that need exact ones."""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from mainstay.simulator.persona.plan import Call, Plan

if TYPE_CHECKING:
    from mainstay.simulator.prompt import Json

_MAX_REPLIES = 10_000
_MEMBERS = frozenset({"text", "tool_use", "thinking", "stop_reason"})
_STOP_REASONS = (
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
)


class BadScriptError(ValueError):
    """A scripted reply is not one; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Line:
    """One scripted reply."""

    plan: Plan
    stop_reason: str | None = None


class Script:
    """Queues of replies by model; ``*`` serves models without a queue of their own."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Line]] = {}

    def put(self, described: object) -> None:
        """Append replies: model or ``*`` → list of ``{text}`` or ``{tool_use}``.

        Raises:
            BadScriptError: nothing was appended.
        """
        if not isinstance(described, dict):
            raise BadScriptError("an object of model (or *) → list of replies")
        parsed: dict[str, list[Line]] = {}
        for model, replies in cast("dict[str, Any]", described).items():
            if not isinstance(replies, list):
                raise BadScriptError(f"{model}: a list of replies")
            parsed[model] = [_parse(reply) for reply in cast("list[Any]", replies)]
        waiting = sum(map(len, self._lines.values())) + sum(map(len, parsed.values()))
        if waiting > _MAX_REPLIES:
            raise BadScriptError(f"at most {_MAX_REPLIES} replies can wait")
        for model, lines in parsed.items():
            self._lines.setdefault(model, deque()).extend(lines)

    def next(self, model: str) -> Line | None:
        """Take the next reply for a model, if one is laid down."""
        for name in (model, "*"):
            lines = self._lines.get(name)
            if lines:
                line = lines.popleft()
                if not lines:
                    del self._lines[name]
                return line
        return None

    def clear(self) -> None:
        """Drop all replies."""
        self._lines.clear()

    def show(self) -> dict[str, int]:
        """Return how many replies wait for each model."""
        return {model: len(lines) for model, lines in self._lines.items()}


def _parse(reply: object) -> Line:
    if not isinstance(reply, dict):
        raise BadScriptError("a reply is an object")
    given = cast("Json", reply)
    unknown = sorted(given.keys() - _MEMBERS)
    if unknown:
        raise BadScriptError(f"{unknown[0]}: unknown; known: {sorted(_MEMBERS)}")
    text, stop = given.get("text"), given.get("stop_reason")
    if text is not None and not isinstance(text, str):
        raise BadScriptError("text: a string")
    if stop is not None and stop not in _STOP_REASONS:
        raise BadScriptError(f"stop_reason: one of {_STOP_REASONS}")
    calls = tuple(_call(use) for use in given.get("tool_use") or ())
    if not calls and text is None:
        raise BadScriptError("a reply has text or tool_use")
    return Line(Plan(text=text, calls=calls, thought=given.get("thinking")), stop)


def _call(use: Any) -> Call:
    if not isinstance(use, dict):
        raise BadScriptError("tool_use: a list of {name, input}")
    given = cast("Json", use)
    name, input_ = given.get("name"), given.get("input", {})
    if not isinstance(name, str) or not isinstance(input_, dict):
        raise BadScriptError("tool_use: a list of {name, input}")
    return Call(name, cast("Json", input_))
