"""The sample agent: its tools as the model calls them."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mainstay import ToolContext
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.ports.tools import ToolDone, ToolRefused
from mainstay.shop.agent import ARTICLES, build
from mainstay.shop.help_articles import HelpArticles
from mainstay.shop.store import Shop
from mainstay.tools.functions import FunctionTools
from mainstay.tools.loading import load_agent

EFFECTS = {"refund_order": "keyed", "create_ticket": "keyed"}


@dataclass
class Silence:
    """Telemetry that nobody reads."""

    def emit(self, event: TelemetryEvent) -> None:
        """Drop the event."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the shop's file."""
    return tmp_path / "shop.db"


@pytest.fixture
def tools(path: Path) -> FunctionTools:
    """Return the sample agent's tools."""
    return FunctionTools(build(path), Silence())


async def call(
    tools: FunctionTools, name: str, customer: str = "demo", key: str = "k", **args: Any
) -> Any:
    """Call a tool for a customer."""
    return await tools.call(name, args, ToolContext(customer, "c", "t", key))


def test_the_tools_of_the_shop(tools: FunctionTools) -> None:
    """Six tools, of which two change the world, once a key."""
    specs = tools.list()
    assert [spec.name for spec in specs] == [
        "lookup_order",
        "list_orders",
        "refund_order",
        "create_ticket",
        "search_help",
        "escalate_to_human",
    ]
    assert {spec.name: spec.once for spec in specs if spec.effect} == EFFECTS
    assert not any("customer" in str(spec.input_schema) for spec in specs)


@pytest.mark.asyncio
async def test_where_is_order_1042(tools: FunctionTools) -> None:
    """A lookup says how far the order is, in keys that explain themselves."""
    outcome = await call(tools, "lookup_order", order_id="1042")
    assert outcome.result["found"] is True
    assert outcome.result["status"] == "delivered"
    assert outcome.result["total"] == "59.90"
    assert outcome.result["refunded"] == "0.00"
    assert {"item", "currency", "carrier", "tracking", "eta"} <= outcome.result.keys()


@pytest.mark.asyncio
async def test_anothers_order_is_not_found(tools: FunctionTools) -> None:
    """The customer comes from the context, so 2001 is Erika's alone."""
    outcome = await call(tools, "lookup_order", order_id="2001")
    assert outcome.result["found"] is False
    assert "item" not in outcome.result
    erikas = await call(tools, "lookup_order", customer="erika", order_id="2001")
    assert erikas.result["found"] is True
    refused = await call(tools, "refund_order", order_id="2001")
    assert isinstance(refused, ToolRefused)
    assert not refused.fault


@pytest.mark.asyncio
async def test_a_refund_is_made_once_and_stated(
    tools: FunctionTools, path: Path
) -> None:
    """A repeated call with the key of the first is the first."""
    first = await call(tools, "refund_order", order_id="1042")
    again = await call(tools, "refund_order", order_id="1042")
    assert isinstance(first, ToolDone)
    assert first == again
    assert first.statement == (
        "A refund of 59.90 EUR for order 1042 has been made (R-1)."
    )
    assert first.result == {
        "refund_id": "R-1",
        "order_id": "1042",
        "amount": "59.90",
        "currency": "EUR",
        "statement": first.statement,
    }
    shop = Shop(path)
    assert [refund.amount for refund in shop.refunds("demo")] == [Decimal("59.90")]
    shop.close()
    seen = await call(tools, "lookup_order", order_id="1042")
    assert seen.result["refunded"] == "59.90"


@pytest.mark.asyncio
async def test_a_high_refund_needs_a_person(tools: FunctionTools) -> None:
    """Above 100 EUR a person approves, and leaving the amount out is no way around."""
    assert tools.approval_needed("refund_order", {"order_id": "1044", "amount": 249})
    assert not tools.approval_needed("refund_order", {"order_id": "1", "amount": 100})
    assert not tools.approval_needed("refund_order", {"order_id": "1044"})
    outcome = await call(tools, "refund_order", order_id="1044")
    assert isinstance(outcome, ToolRefused)
    assert "249.00 EUR" in outcome.reason
    approved = await call(tools, "refund_order", order_id="1044", amount="249.00")
    assert approved.result["amount"] == "249.00"


@pytest.mark.asyncio
async def test_a_ticket_is_opened(tools: FunctionTools) -> None:
    """A ticket has a number that the customer can be told."""
    outcome = await call(tools, "create_ticket", subject="Address", text="New street")
    assert outcome.result["ticket_id"] == "T-1"
    assert outcome.statement == "Ticket T-1 has been opened: Address."


@pytest.mark.asyncio
async def test_a_person_can_be_asked_for(tools: FunctionTools) -> None:
    """The escalation hands the conversation off with its reason."""
    outcome = await call(tools, "escalate_to_human", reason="asked for a person")
    assert outcome.handoff == "asked for a person"


@pytest.mark.parametrize(
    ("question", "source"),
    [
        ("How do I send something back? I want to return my shoes", "returns.md"),
        ("when will my refund arrive on my account", "refunds.md"),
        ("How long does shipping take?", "shipping-times.md"),
        ("tracking number of my parcel", "tracking.md"),
        ("can I pay with PayPal", "payment.md"),
        ("I need an invoice with VAT", "invoices.md"),
        ("is there a warranty on tents", "warranty.md"),
        ("change my delivery address", "change-address.md"),
        ("opening hours", "opening-hours.md"),
        ("gift card code", "gift-cards.md"),
        ("cancel my order", "cancelling.md"),
    ],
)
def test_help_is_found(question: str, source: str) -> None:
    """A question finds its article first."""
    assert HelpArticles(ARTICLES).search(question)[0].source == source


@pytest.mark.asyncio
async def test_help_that_is_not_there_is_not_made_up(tools: FunctionTools) -> None:
    """A question without an article gets none."""
    outcome = await call(tools, "search_help", query="zeppelin")
    assert outcome.result == {"articles": []}
    found = await call(tools, "search_help", query="invoice")
    assert found.result["articles"][0]["title"] == "Invoices"


def test_the_sample_agent_is_loaded_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--agent mainstay.shop.agent:agent`` works and opens nothing yet."""
    monkeypatch.chdir(tmp_path)
    agent = load_agent("mainstay.shop.agent:agent")
    assert agent.help_articles == ARTICLES
    assert list(tmp_path.iterdir()) == []
