"""The agent under load: each turn has one effect, keyed or unsafe."""

import asyncio
from typing import Any

from benchmarks.cluster import ledger
from mainstay import Agent, ToolContext

INSTRUCTIONS = "You are the support agent of a shop. Do what the customer asks for."

TAKES_S = 0.1
"""How long the other side takes after it has done it: here a crash leaves doubt."""

agent = Agent(
    name="Cluster support", instructions=INSTRUCTIONS, contact="support@cluster.example"
)


@agent.tool(effect=True, once="keyed")
async def record_request(ctx: ToolContext, order_id: str) -> dict[str, Any]:
    """Record what the customer wants.

    Args:
        ctx: whose request.
        order_id: which order.
    """
    ledger.write("keyed", ctx.turn_id, ctx.idempotency_key)
    await asyncio.sleep(TAKES_S)
    return {"recorded": order_id}


@agent.tool(effect=True)
async def book_courier(ctx: ToolContext, order_id: str) -> dict[str, Any]:
    """Book a courier; the other side knows no keys.

    Args:
        ctx: whose parcel.
        order_id: which order.
    """
    ledger.write("unsafe", ctx.turn_id, ctx.idempotency_key)
    await asyncio.sleep(TAKES_S)
    return {"booked": order_id}
