"""Every tool call has its result in the very next message, and the reverse.

Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls.
"""

from mainstay.simulator.errors import RejectedError
from mainstay.simulator.prompt import Json, blocks
from mainstay.simulator.request import Request


def _ids(message: Json | None, role: str, kind: str, field: str) -> list[str]:
    if message is None or message["role"] != role:
        return []
    found = blocks(message["content"])
    return [block[field] for block in found if block["type"] == kind]


def check_pairs(request: Request) -> None:
    """Refuse orphans of either kind, and ids that are used twice."""
    before: Json | None = None
    seen: set[str] = set()
    for i, message in enumerate(request.messages):
        _check_seats(i, message)
        calls = _ids(before, "assistant", "tool_use", "id")
        results = _ids(message, "user", "tool_result", "tool_use_id")
        _check_orphans(i - 1, calls, results)
        _check_results(i, message, calls)
        for call in _ids(message, "assistant", "tool_use", "id"):
            if call in seen:
                raise RejectedError(f"messages.{i}: `tool_use` ids must be unique")
            seen.add(call)
        before = message
    _check_orphans(
        len(request.messages) - 1, _ids(before, "assistant", "tool_use", "id"), []
    )


def _check_seats(i: int, message: Json) -> None:
    """Want calls from the assistant and results from the user."""
    for kind, role in (("tool_use", "assistant"), ("tool_result", "user")):
        present = any(block["type"] == kind for block in blocks(message["content"]))
        if present and message["role"] != role:
            raise RejectedError(
                f"messages.{i}: `{kind}` blocks can only be in `{role}` messages"
            )


def _check_orphans(i: int, calls: list[str], results: list[str]) -> None:
    missing = [call for call in calls if call not in results]
    if missing:
        raise RejectedError(
            f"messages.{i}: `tool_use` ids were found without `tool_result` blocks "
            f"immediately after: {', '.join(missing)}. Each `tool_use` block must "
            "have a corresponding `tool_result` block in the next message."
        )


def _check_results(i: int, message: Json, calls: list[str]) -> None:
    """Want each result to answer a call, once, and before any text."""
    answered: set[str] = set()
    text_seen = False
    for j, block in enumerate(blocks(message["content"])):
        if block["type"] != "tool_result":
            text_seen = True
            continue
        call = block["tool_use_id"]
        if call not in calls:
            raise RejectedError(
                f"messages.{i}.content.{j}: unexpected `tool_use_id` found in "
                f"`tool_result` blocks: {call}. Each `tool_result` block must have a "
                "corresponding `tool_use` block in the previous message."
            )
        if call in answered:
            raise RejectedError(
                f"messages.{i}.content.{j}: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {call}"
            )
        if text_seen:
            raise RejectedError(
                f"messages.{i}.content.{j}: `tool_result` blocks must come first in "
                "the content of a message, before any text"
            )
        answered.add(call)
