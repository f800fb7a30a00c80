"""The sample agent: support for an outdoor shop."""

from pathlib import Path

from mainstay.shop.help_articles import HelpArticles
from mainstay.shop.shop_tools import ShopTools, above_limit
from mainstay.shop.store import Shop
from mainstay.tools.agent_definition import Agent

ARTICLES = Path(__file__).parent / "articles"
DEFAULT_PATH = Path("mainstay-data") / "shop.db"

INSTRUCTIONS = """\
You are the support agent of Fernweh Outdoor, a shop for outdoor gear. You help its \
customers with their orders, refunds and questions. Answer briefly, kindly and in the \
customer's language.

- Say only what a tool or a help article told you; never guess an order's state.
- You know who the customer is. Never ask for a customer number, and never speak of \
anyone else's orders.
- "it" is the order spoken of last. If you do not know which order is meant, list them.
- Refund an order only when the customer asks for it. Say that a refund was made only \
when refund_order said so.
- Search the help articles before you answer a question about how things are done.
- When the customer asks for a person, or you cannot help, call escalate_to_human.
"""


def build(path: Path) -> Agent:
    """Return the sample agent of a shop whose file is at ``path``.

    Nothing is opened before the first tool call.
    """
    tools = ShopTools(Shop(path), HelpArticles(ARTICLES))
    agent = Agent(
        name="Fernweh Outdoor support",
        instructions=INSTRUCTIONS,
        contact="support@fernweh.example",
        help_articles=ARTICLES,
    )
    agent.tool(tools.lookup_order)
    agent.tool(tools.list_orders)
    agent.tool(effect=True, once="keyed", approve_if=above_limit)(tools.refund_order)
    agent.tool(effect=True, once="keyed")(tools.create_ticket)
    agent.tool(tools.search_help)
    agent.tool(tools.escalate_to_human)
    return agent


def __getattr__(name: str) -> Agent:
    """Build ``agent``, in the default place, when it is first asked for (PEP 562)."""
    if name != "agent":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    agent = build(DEFAULT_PATH)
    globals()["agent"] = agent
    return agent
