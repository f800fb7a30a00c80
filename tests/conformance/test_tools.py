"""Every adapter of the Tools port, and its twin, keeps the same contract."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from mainstay import Agent, ToolContext, ToolFailed
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.ports.tools import (
    Once,
    ToolDone,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    Tools,
    ToolSpec,
)
from mainstay.testing.scripted_tools import Answer, ScriptedTool, ScriptedTools
from mainstay.testing.tools_conformance import ToolsConformance
from mainstay.tools.functions import FunctionTools


class Silence:
    """Telemetry that nobody reads."""

    def emit(self, event: TelemetryEvent) -> None:
        """Drop the event."""


async def pay(ctx: ToolContext, order_id: str, amount: Decimal) -> dict[str, str]:
    """Pay an order back."""
    if order_id == "none":
        raise ToolFailed("There is no such order.")
    if order_id == "broken":
        raise RuntimeError(ctx.customer_id, amount)
    return {"order_id": order_id}


def reference_agent() -> Agent:
    """Return an agent with the tools that the suite asks for."""
    agent = Agent(name="Reference", instructions="Help.", contact="a@example.com")
    shipped: dict[str, dict[str, str]] = {}

    async def asked(ctx: ToolContext) -> dict[str, str] | None:
        return shipped.get(ctx.idempotency_key)

    @agent.tool
    async def look_up(order_id: str) -> dict[str, str]:
        """Look an order up."""
        return {"order_id": order_id}

    agent.tool(
        effect=True,
        once="keyed",
        approve_if=lambda args: args["amount"] > Decimal(100),
        unique=("order_id",),
    )(pay)

    @agent.tool(effect=True, once="queryable", query=asked)
    async def ship(ctx: ToolContext, order_id: str) -> dict[str, str]:
        """Ship an order."""
        shipped[ctx.idempotency_key] = {"order_id": order_id}
        return {"order_id": order_id}

    @agent.tool
    async def hand_over(ctx: ToolContext, reason: str) -> str:
        """Hand over to a person."""
        ctx.hand_off(reason)
        return "ok"

    @agent.tool
    async def break_down() -> None:
        """Break."""
        raise RuntimeError("secret")

    return agent


def scripted(
    name: str, fields: str, answer: Answer, once: Once | None = None, **more: Any
) -> ScriptedTool:
    """Return a scripted tool that takes the named fields."""
    names = fields.split()
    schema = {
        "type": "object",
        "properties": {field: {} for field in names},
        "required": names,
        "additionalProperties": False,
    }
    spec = ToolSpec(name, f"It can {name}.", schema, once is not None, once or "unsafe")
    return ScriptedTool(spec=spec, answer=answer, **more)


def twin_tools() -> ScriptedTools:
    """Return the twin with the tools that the suite asks for."""

    def pay(args: Mapping[str, Any], _: ToolContext) -> ToolOutcome:
        if args["order_id"] == "none":
            return ToolRefused("There is no such order.")
        if args["order_id"] == "broken":
            return ToolDoubt("broken")
        return ToolDone({"order_id": args["order_id"]}, "Paid.")

    return ScriptedTools(
        scripted("look_up", "order_id", lambda args, _: ToolDone(dict(args))),
        scripted(
            "pay",
            "order_id amount",
            pay,
            "keyed",
            approve_if=lambda args: float(args["amount"]) > 100,
            unique=("order_id",),
        ),
        scripted(
            "ship", "order_id", lambda a, _: ToolDone(dict(a), "Shipped."), "queryable"
        ),
        scripted(
            "hand_over", "reason", lambda a, _: ToolDone("ok", handoff=a["reason"])
        ),
        scripted("break_down", "", lambda _, __: ToolRefused("broken", fault=True)),
    )


class TestFunctionTools(ToolsConformance):
    """Python functions as tools."""

    @pytest.fixture
    def tools(self) -> Tools:
        """Return the adapter."""
        return FunctionTools(reference_agent(), Silence())


class TestScriptedTools(ToolsConformance):
    """The in-memory twin."""

    @pytest.fixture
    def tools(self) -> Tools:
        """Return the twin."""
        return twin_tools()
