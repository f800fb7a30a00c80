"""The sample shop: orders of one customer, refunds made once."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from mainstay.shop.orders import NewOrder, ShopRefusedError
from mainstay.shop.store import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Return a new shop."""
    shop = Shop(tmp_path / "data" / "shop.db")
    yield shop
    shop.close()


@pytest.mark.parametrize("customer_id", ["demo", "alice", "' OR 1=1 --", ""])
def test_every_customer_has_the_sample_orders(shop: Shop, customer_id: str) -> None:
    """Whoever follows the README finds order 1042, delivered, worth 59.90 EUR."""
    order = shop.order(customer_id, "1042")
    assert order is not None
    assert (order.status, order.total, order.currency) == (
        "delivered",
        Decimal("59.90"),
        "EUR",
    )
    assert (order.refunded, order.carrier) == (0, "Parcelway")
    assert [o.order_id for o in shop.orders(customer_id)] == [
        "1045",
        "1044",
        "1043",
        "1042",
    ]


@pytest.mark.parametrize("order_id", ["#1042", " 1042 ", "# 1042"])
def test_an_order_number_may_have_its_sign(shop: Shop, order_id: str) -> None:
    """Customers write #1042."""
    order = shop.order("demo", order_id)
    assert order is not None
    assert order.order_id == "1042"


def test_anothers_order_is_not_found(shop: Shop) -> None:
    """Erika's order exists for Erika alone."""
    assert shop.order("erika", "2001") is not None
    assert shop.order("demo", "2001") is None
    assert "2001" not in [order.order_id for order in shop.orders("demo")]
    with pytest.raises(ShopRefusedError, match="no order 2001"):
        shop.refund("key", "demo", "2001", None)
    assert shop.refunds("erika") == []


def test_a_refund_is_one_customers(shop: Shop) -> None:
    """A refund of one customer's 1042 leaves another's alone."""
    shop.refund("key", "alice", "1042", None)
    alice, bob = shop.order("alice", "1042"), shop.order("bob", "1042")
    assert alice is not None
    assert bob is not None
    assert (alice.refunded, bob.refunded) == (Decimal("59.90"), 0)


def test_a_key_makes_one_refund(shop: Shop) -> None:
    """The same key returns the same refund, however often it is sent."""
    refund = shop.refund("key", "demo", "1042", None)
    assert refund.amount == Decimal("59.90")
    assert shop.refund("key", "demo", "1042", None) == refund
    assert shop.refund("key", "demo", "1042", Decimal(5)) == refund
    assert shop.refunds("demo") == [refund]
    assert shop.calls("key") == 3


def test_a_refund_survives_a_new_start(shop: Shop, tmp_path: Path) -> None:
    """Another process, later, sees the refund under its key."""
    refund = shop.refund("key", "demo", "1042", None)
    shop.close()
    later = Shop(tmp_path / "data" / "shop.db")
    assert later.refund("key", "demo", "1042", None) == refund
    later.close()


def test_refunds_never_pass_the_total(shop: Shop) -> None:
    """Parts are refunded until nothing is left."""
    shop.refund("a", "demo", "1042", Decimal("20.00"))
    with pytest.raises(ShopRefusedError, match=r"At most 39\.90 EUR"):
        shop.refund("b", "demo", "1042", Decimal("39.91"))
    assert shop.refund("c", "demo", "1042", None).amount == Decimal("39.90")
    with pytest.raises(ShopRefusedError, match="already been refunded in full"):
        shop.refund("d", "demo", "1042", None)
    assert len(shop.refunds("demo")) == 2
    assert shop.calls("b") == 1


def test_many_at_once_never_pass_the_total(shop: Shop) -> None:
    """Two refunds that race for the last euro do not both win."""
    together = threading.Barrier(4)

    def refund(n: int) -> bool:
        together.wait()
        try:
            shop.refund(f"key-{n}", "demo", "1042", Decimal(30))
        except ShopRefusedError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(refund, range(4)))
    assert won.count(True) == 1
    assert len(shop.refunds("demo")) == 1


@pytest.mark.parametrize("amount", ["0", "-5", "1.001", "1e-30"])
def test_an_odd_amount_is_refused(shop: Shop, amount: str) -> None:
    """Money has two decimals and goes to the customer."""
    with pytest.raises(ShopRefusedError, match="above 0"):
        shop.refund("key", "demo", "1042", Decimal(amount))
    assert shop.refunds("demo") == []


def test_an_unshipped_order_is_not_refunded(shop: Shop) -> None:
    """An order in processing is cancelled, not refunded."""
    with pytest.raises(ShopRefusedError, match="not been shipped"):
        shop.refund("key", "demo", "1045", None)


def test_the_rest_above_the_limit_must_be_said(shop: Shop) -> None:
    """Above 100 EUR an amount is named, so that the rule for approvals sees it."""
    with pytest.raises(ShopRefusedError, match=r"249\.00 EUR.*approve"):
        shop.refund("a", "demo", "1044", None)
    assert shop.refund("b", "demo", "1044", Decimal(249)).amount == Decimal("249.00")


def test_a_key_opens_one_ticket(shop: Shop) -> None:
    """The same key returns the same ticket."""
    ticket = shop.ticket("key", "demo", "Address", "New street")
    assert shop.ticket("key", "demo", "Address", "New street") == ticket
    assert shop.ticket("other", "demo", "Address", "New street") != ticket


def test_an_order_can_be_given(shop: Shop) -> None:
    """Tests and benchmarks give customers orders of their own."""
    shop.give("bob", NewOrder("3001", "Kayak", 99900))
    order = shop.order("bob", "3001")
    assert order is not None
    assert order.total == Decimal("999.00")
    assert shop.order("alice", "3001") is None
    shop.give("bob", NewOrder("1042", "Own shoes", 100))
    own = shop.order("bob", "1042")
    assert own is not None
    assert own.item == "Own shoes"
    numbers = [order.order_id for order in shop.orders("bob")]
    assert numbers == ["3001", "1045", "1044", "1043", "1042"]
    with pytest.raises(ValueError, match="customer"):
        shop.give("", NewOrder("1", "For all", 1))


def test_looking_writes_nothing(shop: Shop) -> None:
    """A lookup never waits for a writer, and a reader cannot write."""
    shop.order("demo", "1042")
    reader = shop._reader  # noqa: SLF001 - the promise is about this connection
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("DELETE FROM orders")
    with shop._change():  # noqa: SLF001 - holds the write lock
        assert shop.order("demo", "1042") is not None


def _refund_elsewhere(path: Path, key: str) -> str:
    shop = Shop(path)
    refund = shop.refund(key, "demo", "1042", Decimal(10))
    shop.close()
    return refund.refund_id


def test_processes_share_a_new_shop(tmp_path: Path) -> None:
    """Processes that make the file at once agree on one, and on one refund a key."""
    path = tmp_path / "shop.db"
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        given = pool.starmap(_refund_elsewhere, [(path, "key")] * 6)
    assert len(set(given)) == 1
    shop = Shop(path)
    assert len(shop.refunds("demo")) == 1
    assert shop.calls("key") == 6
    shop.close()
    assert [p.name for p in tmp_path.glob("*.new*")] == []
