"""Definitions of tools, and the choice among them."""

import re

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.request import Request

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
_CHOICES = ("auto", "any", "tool", "none")
_TOOL_BLOCKS = frozenset({"tool_use", "tool_result"})


def check_definitions(request: Request) -> None:
    """Want well-formed tools of different names (``anthropic.types.ToolParam``)."""
    names: set[str] = set()
    for i, tool in enumerate(request.tools):
        if tool.get("type") not in {None, "custom"}:
            raise RejectedError(f"tools.{i}: the simulator plays custom tools only")
        name, schema = tool.get("name"), tool.get("input_schema")
        if not isinstance(name, str):
            raise RejectedError(f"tools.{i}.custom.name: Field required")
        if not _NAME.match(name):
            raise RejectedError(
                f"tools.{i}.custom.name: String should match pattern "
                "'^[a-zA-Z0-9_-]{1,128}$'"
            )
        if not isinstance(schema, dict):
            raise RejectedError(f"tools.{i}.custom.input_schema: Field required")
        if schema.get("type") != "object":  # pyright: ignore[reportUnknownMemberType]
            raise RejectedError(
                f"tools.{i}.custom.input_schema.type: Input should be 'object'"
            )
        if name in names:
            raise RejectedError("tools: Tool names must be unique.")
        names.add(name)


def check_choice(request: Request) -> None:
    """Want a choice that exists, of a tool that is offered.

    Source: ``anthropic.types.ToolChoiceParam``.
    """
    choice = request.tool_choice
    if choice not in _CHOICES:
        raise RejectedError(
            f"tool_choice: Input tag '{choice}' found using 'type' does not match any "
            "of the expected tags: 'auto', 'any', 'tool', 'none'"
        )
    if request.body.get("tool_choice") and not request.tools:
        raise RejectedError("tool_choice may only be specified while providing tools.")
    if choice == "tool":
        name = request.body["tool_choice"].get("name")
        if name not in {tool["name"] for tool in request.tools}:
            raise RejectedError(
                f"tool_choice.tool.name: Tool '{name}' not found in provided tools"
            )


def check_forced(request: Request) -> None:
    """Refuse to force a tool on a model that cannot, or while it thinks.

    Source: https://platform.claude.com/docs/en/api/errors#common-validation-errors and
    .../models/sonnet-5-5/whats-new-sonnet-5-5#forced-tool-use-is-not-supported.
    """
    if request.tool_choice not in {"any", "tool"}:
        return
    if not request.card.forced_tools:
        raise RejectedError(
            'tool_choice: type "tool" and "any" are not supported for this model.'
        )
    if request.thinking != "disabled":
        raise RejectedError(
            "Thinking may not be enabled when tool_choice forces tool use."
        )


def check_history(request: Request) -> None:
    """Want ``tools`` whenever the history holds tool calls.

    Source: the API's message, as in
    https://github.com/anthropics/anthropic-sdk-python/issues/494.
    """
    if request.tools:
        return
    if any(p.block.get("type") in _TOOL_BLOCKS for p in request.prompt.pieces):
        raise RejectedError(
            "Requests which include `tool_use` or `tool_result` blocks must define "
            "tools."
        )
