"""The shop: what it knows of orders, and what it does with money."""

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from mainstay.shop import statements
from mainstay.shop.orders import NewOrder, Order, Refund, ShopRefusedError, Ticket
from mainstay.shop.shop_file import open_shop

REFUND_LIMIT = Decimal(100)
_MAX_ORDERS = 50


class Shop:
    """A shop in one SQLite file of its own: the world outside of Mainstay.

    Orders belong to a customer: an order is found by customer and number, and another
    customer's number finds nothing. So that any newcomer has something to ask about,
    every customer, known or not, has the sample orders 1042 to 1045, each their own:
    a refund for one customer's 1042 leaves another's alone. Orders 2001 and 2002 are
    Erika's only (``customer_id`` "erika").

    Reads take some 20 µs and never wait for a writer (WAL), so they may run on the
    event loop's thread; a change waits for the disk and belongs in another thread.

    Args:
        path: the file; made on first use.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._one_change = threading.Lock()

    @cached_property
    def _reader(self) -> sqlite3.Connection:
        return open_shop(self._path, read_only=True)

    @cached_property
    def _writer(self) -> sqlite3.Connection:
        return open_shop(self._path)

    def order(self, customer_id: str, order_id: str) -> Order | None:
        """Return a customer's order; "#1042" and " 1042 " mean 1042."""
        return _find_order(self._reader, customer_id, order_id)

    def orders(self, customer_id: str) -> list[Order]:
        """Return a customer's orders, the highest number first, at most 50."""
        named = {"customer_id": customer_id, "limit": _MAX_ORDERS}
        rows = self._reader.execute(statements.ORDERS, named)
        return [_order(row) for row in rows]

    def refunds(self, customer_id: str) -> list[Refund]:
        """Return the refunds of a customer in the order they were made."""
        rows = self._reader.execute(statements.REFUNDS, (customer_id,))
        return [_refund(*row) for row in rows]

    def calls(self, key: str) -> int:
        """Return how often the shop was asked to change something under a key."""
        return int(self._reader.execute(statements.CALLS, (key,)).fetchone()[0])

    def give(self, customer_id: str, order: NewOrder) -> None:
        """Put an order into the shop, for demos and tests."""
        if not customer_id:
            message = "an order needs a customer"
            raise ValueError(message)
        with self._change() as connection:
            row = {"customer_id": customer_id, **asdict(order)}
            connection.execute(statements.GIVE, row)

    def refund(
        self, key: str, customer_id: str, order_id: str, amount: Decimal | None
    ) -> Refund:
        """Refund an order, exactly once a key: a repeated key returns the first refund.

        Args:
            key: the idempotency key.
            customer_id: whose order.
            order_id: its number.
            amount: how much, with at most 2 decimals; None is the rest of the order,
                which must not be above ``REFUND_LIMIT``: a higher amount must be said,
                so that the rule for approvals sees it.

        Raises:
            ShopRefusedError: no such order, not shipped yet, nothing or less left, or
                a rest above the limit; nothing was changed.
        """
        with self._change() as connection:
            connection.execute(statements.ADD_CALL, ("refund", key, customer_id))
            earlier = connection.execute(statements.REFUND_OF_KEY, (key,)).fetchone()
            if earlier is None:
                order = _find_order(connection, customer_id, order_id)
                answer = _decide(order, order_id, amount)
                if isinstance(answer, Refund):
                    answer = _pay(connection, key, customer_id, answer)
            else:
                answer = _refund(earlier[0], *earlier[2:])
        if isinstance(answer, str):
            raise ShopRefusedError(answer)
        return answer

    def ticket(self, key: str, customer_id: str, subject: str, text: str) -> Ticket:
        """Open a ticket, exactly once a key."""
        with self._change() as connection:
            connection.execute(statements.ADD_CALL, ("ticket", key, customer_id))
            row = connection.execute(statements.TICKET_OF_KEY, (key,)).fetchone()
            if row is None:
                values = (key, customer_id, subject, text)
                (number,) = connection.execute(statements.ADD_TICKET, values).fetchone()
                row = (number, subject)
        return Ticket(f"T-{row[0]}", row[1])

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        for name in ("_reader", "_writer"):
            connection = self.__dict__.pop(name, None)
            if connection is not None:
                connection.close()

    @contextmanager
    def _change(self) -> Generator[sqlite3.Connection]:
        """Hold the write lock for one transaction; commit unless something raises."""
        with self._one_change:
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


def _find_order(
    connection: sqlite3.Connection, customer_id: str, order_id: str
) -> Order | None:
    number = order_id.strip().lstrip("#").strip()
    named = {"customer_id": customer_id, "order_id": number}
    row = connection.execute(statements.ORDER, named).fetchone()
    return None if row is None else _order(row)


def _decide(order: Order | None, order_id: str, amount: Decimal | None) -> Refund | str:
    """Return the refund to make, or why there is none."""
    if order is None:
        return f"There is no order {order_id} for this customer."
    paid = order.rest if amount is None else amount
    if amount is None and paid > REFUND_LIMIT:
        return (
            f"The rest of order {order.order_id} is {paid} {order.currency}, and above"
            f" {REFUND_LIMIT} {order.currency} a person must approve: call again with"
            " that amount to ask for the approval."
        )
    return _refusal(order, paid) or Refund("", order.order_id, paid, order.currency)


def _refusal(order: Order, paid: Decimal) -> str | None:
    number, currency = order.order_id, order.currency
    if order.status == "processing":
        return f"Order {number} has not been shipped yet; it can only be cancelled."
    if order.rest <= 0:
        return f"Order {number} has already been refunded in full."
    if paid > order.rest:
        return f"At most {order.rest} {currency} of order {number} can be refunded."
    if paid <= 0 or paid != paid.quantize(Decimal("0.01")):
        return "The amount must be above 0, with at most 2 decimals."
    return None


def _pay(
    connection: sqlite3.Connection, key: str, customer_id: str, refund: Refund
) -> Refund:
    cents = int(refund.amount * 100)
    values = (key, customer_id, refund.order_id, cents, refund.currency)
    (number,) = connection.execute(statements.ADD_REFUND, values).fetchone()
    return _refund(number, refund.order_id, cents, refund.currency)


def _order(row: tuple[Any, ...]) -> Order:
    order_id, item, cents, currency, status, ordered, carrier, tracking, eta, back = row
    return Order(
        order_id=order_id,
        item=item,
        total=_money(cents),
        currency=currency,
        status=status,
        ordered_on=ordered,
        carrier=carrier,
        tracking=tracking,
        eta=eta,
        refunded=_money(back),
    )


def _refund(number: int, order_id: str, cents: int, currency: str) -> Refund:
    return Refund(f"R-{number}", order_id, _money(cents), currency)


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
