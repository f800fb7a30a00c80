"""The agent of a simulated world: a tool of every kind, and a few help articles."""

from functools import cache
from typing import Any

from mainstay.ports.knowledge import Article
from mainstay.ports.tools import ToolContext
from mainstay.testing.simulation.outside import OUTSIDE, TOOL_TIMEOUT_S
from mainstay.testing.simulation.process import PROCESS
from mainstay.tools.agent_definition import Agent

CONTACT = "help@world.example"
SCOPE = "World/en/1"
LARGE = 100
"""Refunds above need a human's approval."""

ARTICLES = (
    Article("hours.md", "Opening hours", "We are open from nine to five, all week."),
    Article("returns.md", "Returns", "Send things back within two weeks, for free."),
)


@cache
def shop() -> Agent:
    """Return the agent; one for all worlds of this process."""
    agent = Agent(name="World", instructions="Help.", contact=CONTACT)
    agent.tool(timeout_s=TOOL_TIMEOUT_S)(lookup)
    agent.tool(
        effect=True,
        once="keyed",
        unique=("order",),
        approve_if=lambda args: args["amount"] > LARGE,
        statement="{said}",
        timeout_s=TOOL_TIMEOUT_S,
    )(refund)
    agent.tool(
        effect=True,
        once="queryable",
        query=_became_of_shipping,
        statement="{said}",
        timeout_s=TOOL_TIMEOUT_S,
    )(ship)
    agent.tool(effect=True, statement="{said}", timeout_s=TOOL_TIMEOUT_S)(voucher)
    return agent


async def lookup(order: int) -> dict[str, Any]:
    """Look an order up."""
    return await OUTSIDE.get().look("lookup", order)


async def refund(ctx: ToolContext, order: int, amount: int) -> dict[str, Any]:
    """Refund an order."""
    key = ctx.idempotency_key
    return await OUTSIDE.get().do("refund", order, key, _me(), once=True)


async def ship(ctx: ToolContext, order: int) -> dict[str, Any]:
    """Ship an order again."""
    key = ctx.idempotency_key
    return await OUTSIDE.get().do("ship", order, key, _me(), once=False)


async def voucher(ctx: ToolContext, order: int) -> dict[str, Any]:
    """Send a voucher for an order."""
    key = ctx.idempotency_key
    return await OUTSIDE.get().do("voucher", order, key, _me(), once=False)


async def _became_of_shipping(ctx: ToolContext) -> Any:
    """Tell what became of a shipping."""
    return await OUTSIDE.get().became("ship", ctx.idempotency_key)


def _me() -> str:
    process = PROCESS.get()
    return "nobody" if process is None else process.id
