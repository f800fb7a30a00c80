"""What worker and tool service say to each other."""

import json
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from mainstay.ports.tools import ToolDone, ToolDoubt, ToolOutcome, ToolRefused
from mainstay.tools.remote.answer import read_answer
from mainstay.tools.remote.comparison import name_differences
from mainstay.tools.remote.failure import Lost, NotSent, NotTaken
from mainstay.tools.wire.outcome import read_outcome, write_outcome


@pytest.mark.parametrize(
    "outcome",
    [
        ToolDone({"a": [None, 1, "Zoë", {"b": None}]}, "Paid.", "angry"),
        ToolDone(None),
        ToolRefused("no", fault=True),
        ToolRefused("no"),
        ToolDoubt("cut"),
        None,
    ],
)
def test_an_outcome_travels_whole(outcome: ToolOutcome | None) -> None:
    """What is written is read back equal, through JSON."""
    assert read_outcome(json.loads(json.dumps(write_outcome(outcome)))) == outcome


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"outcome": "done"},
        {"outcome": "done", "result": 1, "statement": None, "handoff": None},
        {"outcome": "refused", "reason": "no", "fault": "yes"},
        {"outcome": "elsewhere"},
    ],
)
def test_what_is_no_outcome_is_told(given: object) -> None:
    """A half-written outcome is never taken for one."""
    with pytest.raises(ValueError, match="no outcome"):
        read_outcome(given)


@pytest.mark.parametrize(
    ("status", "body", "sent", "raised"),
    [
        (404, b"", True, NotTaken),
        (302, b"", False, NotTaken),
        (503, b"", False, NotSent),
        (503, b"", True, Lost),
        (200, b"", True, Lost),
        (200, b"[1]", True, Lost),
        (200, b'{"result": 7}', True, Lost),
        (200, b'{"error": {"code": "x"}}', True, Lost),
        (400, b'{"error": {"code": 4030, "message": "no"}}', True, MCPError),
    ],
)
def test_an_answer_is_judged_by_what_was_done(
    status: int, body: bytes, sent: bool, raised: type[Exception]
) -> None:
    """Only a refusal, or an answer before the body, says that nothing was done."""
    with pytest.raises(raised):
        read_answer(status, body, sent=sent)


def test_differences_are_named() -> None:
    """One line names every tool that is missing, unknown or another."""
    here = {"a": "1", "b": "1", "c": "1"}
    said = name_differences(here, {"b": "1", "c": "2", "d": "1"})
    assert "missing there: a" in said
    assert "unknown here: d" in said
    assert "other arguments or effect: c" in said
    assert name_differences(here, dict(here)) == ""


def test_a_result_is_given_back() -> None:
    """The object under "result" is the answer."""
    result: dict[str, Any] = read_answer(200, b'{"result": {"x": null}}', sent=True)
    assert result == {"x": None}
