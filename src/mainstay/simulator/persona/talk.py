"""The conversation, as the persona sees it."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, cast

from mainstay.simulator.prompt import Json, blocks
from mainstay.simulator.request import Request

_NOTE = re.compile(
    r"\s*(?:[\[<{(*#]|(?:note|system|context|facts?|effects?|already|committed|"
    r"summary|earlier|so far|done|this turn|in this turn|known)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Done:
    """A tool call with its result.

    Args:
        name: of the tool.
        input: what it was called with.
        text: its result.
        data: the result as JSON, if it is an object or array.
        failed: whether it was marked ``is_error``.
    """

    name: str
    input: Json
    text: str
    data: Any
    failed: bool

    @property
    def unsuccessful(self) -> bool:
        """Whether the tool failed, or says that it found nothing."""
        fields = self.fields
        return self.failed or "error" in fields or fields.get("found") is False

    @property
    def fields(self) -> Json:
        """The result's members; none if it is not an object."""
        data: object = self.data
        return cast("Json", data) if isinstance(data, dict) else {}


@dataclass(slots=True)
class Talk:
    """What was said and done.

    Args:
        tools: the tools that may be called now, by name.
        said: the customer's texts of this turn.
        turn: tool calls of this turn.
        past: tool calls of earlier turns.
        earlier: the customer's texts of earlier turns.
        replies: the assistant's texts so far.
        notes: system text, and notes that the application put in.
        asides: of the notes, those among the user's messages.
    """

    tools: dict[str, Json] = field(default_factory=dict[str, Json])
    said: list[str] = field(default_factory=list[str])
    turn: list[Done] = field(default_factory=list[Done])
    past: list[Done] = field(default_factory=list[Done])
    earlier: list[str] = field(default_factory=list[str])
    replies: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    asides: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        """The customer's words of this turn."""
        return "\n".join(self.said)

    @property
    def done(self) -> list[Done]:
        """All tool calls with results, oldest first."""
        return [*self.past, *self.turn]

    def called(self, name: str) -> Done | None:
        """Return this turn's last call of a tool."""
        return next((d for d in reversed(self.turn) if d.name == name), None)


def listen(request: Request) -> Talk:
    """Return the conversation of a request."""
    offered = [] if request.tool_choice == "none" else request.tools
    talk = Talk(tools={tool["name"]: tool for tool in offered})
    talk.notes += [b["text"] for b in blocks(request.body.get("system"))]
    names = {tool["name"] for tool in request.tools}
    calls: dict[str, Json] = {}
    answered = True
    for message in request.messages:
        content = blocks(message["content"])
        if message["role"] == "assistant":
            uses = [b for b in content if b["type"] == "tool_use"]
            calls.update({b["id"]: b for b in uses})
            talk.replies += [b["text"] for b in content if b["type"] == "text"]
            answered = not uses
        elif message["role"] == "system":
            talk.notes += [b["text"] for b in content]
        else:
            answered = _hear(talk, content, calls, names, new_turn=answered)
    return talk


def _hear(
    talk: Talk,
    content: list[Json],
    calls: dict[str, Json],
    names: set[str],
    *,
    new_turn: bool,
) -> bool:
    """Take in a user message; returns whether the next one still opens a turn."""
    for block in content:
        if block["type"] == "tool_result":
            talk.turn.append(_done(calls[block["tool_use_id"]], block))
        elif block["type"] == "text" and _is_note(block["text"], names):
            talk.notes.append(block["text"])
            talk.asides.append(block["text"])
        elif block["type"] == "text":
            if new_turn:
                _turn_over(talk)
                new_turn = False
            talk.said.append(block["text"])
    return new_turn


def _turn_over(talk: Talk) -> None:
    talk.past += talk.turn
    talk.earlier += talk.said
    talk.turn, talk.said = [], []


def _is_note(text: str, names: set[str]) -> bool:
    """Tell a note of the application from the customer's words.

    Customers do not open with brackets or name tools in snake_case; what they say
    was done is not evidence that it was.
    """
    return bool(_NOTE.match(text)) or any(n in text for n in names if "_" in n)


def _done(call: Json, result: Json) -> Done:
    content = blocks(result.get("content"))
    text = "\n".join(b["text"] for b in content if b.get("type") == "text")
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    failed = result.get("is_error") is True
    return Done(call["name"], call["input"], text, data, failed)
