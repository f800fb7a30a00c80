"""A tool's outcome as JSON data, and back, without a loss."""

from typing import Any, cast

from mainstay.ports.tools import ToolDone, ToolDoubt, ToolOutcome, ToolRefused


def write_outcome(outcome: ToolOutcome | None) -> dict[str, Any]:
    """Return an outcome as an object; None is "not done", the answer of a query."""
    match outcome:
        case ToolDone(result, statement, handoff):
            return {
                "outcome": "done",
                "result": result,
                "statement": statement,
                "handoff": handoff,
            }
        case ToolRefused(reason, fault):
            return {"outcome": "refused", "reason": reason, "fault": fault}
        case ToolDoubt(reason):
            return {"outcome": "doubt", "reason": reason}
        case None:
            return {"outcome": "not done"}


def read_outcome(given: object) -> ToolOutcome | None:
    """Return the outcome that ``write_outcome`` wrote.

    Raises:
        ValueError: it wrote no such thing.
    """
    told = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    match told:
        case {
            "outcome": "done",
            "result": result,
            "statement": str(statement),
            "handoff": str() | None as handoff,
        }:
            return ToolDone(result, statement, handoff)
        case {"outcome": "refused", "reason": str(reason), "fault": bool(fault)}:
            return ToolRefused(reason, fault)
        case {"outcome": "doubt", "reason": str(reason)}:
            return ToolDoubt(reason)
        case {"outcome": "not done"}:
            return None
        case _:
            raise ValueError("the tool service answered with no outcome")
