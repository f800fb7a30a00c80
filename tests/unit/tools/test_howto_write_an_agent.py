"""The page about writing an agent is run as it stands."""

import re
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from mainstay.ports.telemetry import TelemetryEvent
from mainstay.ports.tools import ToolContext, ToolDone, ToolRefused
from mainstay.tools.functions import FunctionTools
from mainstay.tools.loading import load_agent

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "write-an-agent.md"


class Silence:
    """Telemetry that nobody reads."""

    def emit(self, event: TelemetryEvent) -> None:
        """Drop the event."""


@pytest.fixture
def blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the page's Python; the first block is saved as acme.py."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (tmp_path / "acme.py").write_text(blocks[0])
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    return blocks


async def test_the_pages_agent_works(blocks: list[str]) -> None:
    """The agent loads, and does what the page says."""
    assert len(blocks) == 2
    tools = FunctionTools(load_agent("acme.py:agent"), Silence())
    context = ToolContext("demo", "c", "t", "key")
    found = await tools.call("lookup_order", {"order_id": "1042"}, context)
    assert found == ToolDone({"found": True, "status": "shipped", "total": "59.90"})
    args = {"order_id": "1042", "amount": 59.9}
    paid = await tools.call("refund", args, context)
    assert isinstance(paid, ToolDone)
    assert paid.statement == "A refund of 59.9 for order 1042 has been made."
    assert tools.approval_needed("refund", {**args, "amount": Decimal(101)})
    refused = await tools.call("refund", {**args, "order_id": "1"}, context)
    assert refused == ToolRefused("This customer has no order 1.")


def test_the_pages_test_passes(blocks: list[str]) -> None:
    """The author's own test runs as written."""
    exec(compile(blocks[1], str(PAGE), "exec"), {})  # noqa: S102 - our own page
