"""What the sample agent can do in the shop."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, TypeVar

from pydantic import Field

from mainstay.domain.errors import ToolFailed
from mainstay.ports.tools import ToolContext
from mainstay.shop.help_articles import HelpArticles
from mainstay.shop.orders import Order, ShopRefusedError
from mainstay.shop.store import REFUND_LIMIT, Shop

_Made = TypeVar("_Made")
Money = Annotated[Decimal, Field(gt=0, max_digits=9, decimal_places=2)]
Line = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]


def above_limit(args: Mapping[str, Any]) -> bool:
    """Tell whether a person must approve a refund.

    The shop itself refuses a refund of "the rest" above the limit, so an amount that
    nobody said cannot get around this.
    """
    amount = args["amount"]
    return amount is not None and amount > REFUND_LIMIT


class ShopTools:
    """The sample agent's tools; the customer is the context's, never an argument.

    Args:
        shop: the world that they act on.
        articles: what ``search_help`` searches.
    """

    def __init__(self, shop: Shop, articles: HelpArticles) -> None:
        self._shop = shop
        self._articles = articles

    @cached_property
    def _clerk(self) -> ThreadPoolExecutor:
        """One thread, because SQLite takes one writer; a commit waits for the disk."""
        return ThreadPoolExecutor(max_workers=1, thread_name_prefix="shop")

    async def lookup_order(self, ctx: ToolContext, order_id: str) -> dict[str, Any]:
        """Look one of the customer's orders up: status, delivery, tracking, refunds.

        Args:
            ctx: the call.
            order_id: the order's number, for example 1042.
        """
        order = self._shop.order(ctx.customer_id, order_id)
        if order is None:
            note = f"This customer has no order {order_id}. list_orders shows theirs."
            return {"found": False, "order_id": order_id, "note": note}
        return {"found": True, **_shown(order)}

    async def list_orders(self, ctx: ToolContext) -> dict[str, Any]:
        """List the customer's orders, the newest first.

        Args:
            ctx: the call.
        """
        return {"orders": [_shown(o) for o in self._shop.orders(ctx.customer_id)]}

    async def refund_order(
        self, ctx: ToolContext, order_id: str, amount: Money | None = None
    ) -> dict[str, Any]:
        """Refund one of the customer's orders, in part or in full.

        Call it only when the customer has asked for a refund of this order. Above
        100 EUR the amount must be given, and a person has to approve it.

        Args:
            ctx: the call.
            order_id: the order's number, for example 1042.
            amount: how much; leave it out to refund all that is left.
        """
        refund = await self._change(
            lambda: self._shop.refund(
                ctx.idempotency_key, ctx.customer_id, order_id, amount
            )
        )
        done = f"A refund of {refund.amount} {refund.currency} for order"
        statement = f"{done} {refund.order_id} has been made ({refund.refund_id})."
        return {**asdict(refund), "statement": statement}

    async def create_ticket(
        self, ctx: ToolContext, subject: Line, text: Text
    ) -> dict[str, Any]:
        """Open a ticket for what the shop's people must do, such as a new address.

        Args:
            ctx: the call.
            subject: a few words.
            text: all that they need to know.
        """
        ticket = await self._change(
            lambda: self._shop.ticket(
                ctx.idempotency_key, ctx.customer_id, subject, text
            )
        )
        statement = f"Ticket {ticket.ticket_id} has been opened: {ticket.subject}."
        return {**asdict(ticket), "statement": statement}

    async def search_help(self, query: str) -> dict[str, Any]:
        """Search the shop's help articles, for questions about how things are done.

        Args:
            query: the question's key words.
        """
        return {"articles": [asdict(a) for a in self._articles.search(query)]}

    async def escalate_to_human(self, ctx: ToolContext, reason: str) -> dict[str, Any]:
        """Hand the conversation to a person.

        Call it when the customer asks for a person, or when you cannot help.

        Args:
            ctx: the call.
            reason: one line for the person who goes on.
        """
        ctx.hand_off(reason)
        return {"handed_off": True, "reason": reason}

    async def _change(self, work: Callable[[], _Made]) -> _Made:
        """Have the clerk do it; what the shop refuses is told to the model."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._clerk, work)
        except ShopRefusedError as refusal:
            raise ToolFailed(str(refusal)) from refusal


def _shown(order: Order) -> dict[str, Any]:
    return asdict(order)
