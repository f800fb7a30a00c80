"""The shop's things: orders, refunds, tickets."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Status = Literal["processing", "shipped", "delivered"]


class ShopRefusedError(Exception):
    """The shop will not do it, and nothing was changed; the reason is the text."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as its customer may see it.

    Args:
        order_id: its number.
        item: what was bought.
        total: what was paid, in ``currency``.
        currency: ISO 4217.
        status: how far it is.
        ordered_on: ISO date.
        carrier: who brings it, or None.
        tracking: the carrier's number, or None.
        eta: ISO date of the (expected) delivery, or None.
        refunded: what was paid back so far.
    """

    order_id: str
    item: str
    total: Decimal
    currency: str
    status: Status
    ordered_on: str
    carrier: str | None
    tracking: str | None
    eta: str | None
    refunded: Decimal

    @property
    def rest(self) -> Decimal:
        """What can still be refunded."""
        return self.total - self.refunded


@dataclass(frozen=True, slots=True)
class Refund:
    """Money paid back.

    Args:
        refund_id: its number.
        order_id: for which order.
        amount: how much.
        currency: ISO 4217.
    """

    refund_id: str
    order_id: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request that the shop's people will look at.

    Args:
        ticket_id: its number.
        subject: what it is about.
    """

    ticket_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be put into the shop.

    Args:
        order_id: its number, without "#".
        item: what was bought.
        total_cents: what was paid, in hundredths of ``currency``.
        status: how far it is.
        ordered_day: days from today.
        carrier: who brings it, or None.
        tracking: the carrier's number, or None.
        eta_day: delivery, days from today, or None.
        currency: ISO 4217.
    """

    order_id: str
    item: str
    total_cents: int
    status: Status = "delivered"
    ordered_day: int = -9
    carrier: str | None = "Parcelway"
    tracking: str | None = None
    eta_day: int | None = -4
    currency: str = "EUR"
