"""The agent under load: one lookup, no effects."""

from mainstay import Agent, ToolContext

INSTRUCTIONS = """\
You are the support agent of a shop. You help its customers with their orders. Answer \
briefly, kindly and in the customer's language. Say only what a tool told you; never \
guess an order's state.
"""

ORDERS = {"1042": {"order": "1042", "state": "on its way", "arrives": "Thursday"}}

agent = Agent(
    name="Bench support", instructions=INSTRUCTIONS, contact="support@bench.example"
)


@agent.tool
async def lookup_order(ctx: ToolContext, order_id: str) -> dict[str, str]:
    """Look one order of the customer up.

    Args:
        ctx: whose order.
        order_id: the order's number.
    """
    return ORDERS.get(order_id, {"order": order_id, "state": "unknown"})
