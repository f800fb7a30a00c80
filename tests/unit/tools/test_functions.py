"""Calling Python functions as tools: every outcome is a value."""

import asyncio
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from mainstay import Agent, ToolContext, ToolFailed
from mainstay.domain.errors import AgentRefused
from mainstay.ports.telemetry import TelemetryEvent, Trouble
from mainstay.ports.tools import ToolDone, ToolDoubt, ToolRefused
from mainstay.tools.functions import FunctionTools
from mainstay.tools.result import MAX_RESULT_BYTES

pytestmark = pytest.mark.asyncio


@dataclass
class Notebook:
    """Telemetry that a test can read."""

    events: list[TelemetryEvent] = field(default_factory=list)

    def emit(self, event: TelemetryEvent) -> None:
        """Write the event down."""
        self.events.append(event)


def context(key: str = "key") -> ToolContext:
    """Return the context of a call."""
    return ToolContext("ada", "conversation", "turn", key)


def made_of(
    function: Any, notebook: Notebook | None = None, **options: Any
) -> FunctionTools:
    """Return the tools of an agent with one function."""
    agent = Agent(name="Acme", instructions="Help.", contact="a@example.com")
    agent.tool(**options)(function)
    return FunctionTools(agent, notebook or Notebook())


async def call(function: Any, args: dict[str, Any] | None = None, **options: Any):
    """Call one function as a tool."""
    tools = made_of(function, **options)
    return await tools.call(function.__name__, args or {}, context())


async def test_the_context_is_given_and_not_asked_for() -> None:
    """The customer and the key come from the context."""

    async def who(ctx: ToolContext) -> list[str]:
        """Tell."""
        return [ctx.customer_id, ctx.idempotency_key]

    assert await call(who) == ToolDone(["ada", "key"])


@pytest.mark.parametrize("effect", [True, False])
async def test_a_late_answer(effect: bool) -> None:
    """Without an answer in time an effect is in doubt, a lookup at fault."""

    async def slow() -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    outcome = await call(slow, effect=effect, timeout_s=0.01)
    if effect:
        assert outcome == ToolDoubt("slow: no answer within 0.01 s")
    else:
        assert isinstance(outcome, ToolRefused)
        assert outcome.fault


@pytest.mark.parametrize("error", [TimeoutError, asyncio.CancelledError, KeyError])
async def test_an_effect_that_breaks_is_in_doubt(error: type[BaseException]) -> None:
    """Whatever an effect raises, it may have done its work before."""

    async def pay() -> None:
        """Pay."""
        raise error("secret")

    outcome = await call(pay, effect=True)
    assert isinstance(outcome, ToolDoubt)
    assert "secret" not in outcome.reason


async def test_trouble_names_the_place_and_not_the_words() -> None:
    """Operators read type and line; a message may hold a customer's words."""

    async def look() -> None:
        """Look."""
        raise KeyError("a customer's words")

    notebook = Notebook()
    await made_of(look, notebook).call("look", {}, context())
    (event,) = notebook.events
    assert isinstance(event, Trouble)
    assert event.where == "tool: look"
    assert event.error.startswith("KeyError at test_functions.py:")
    assert "words" not in event.error


async def test_the_callers_cancellation_is_passed_on() -> None:
    """A worker that stops can cancel a call."""
    started = asyncio.Event()

    async def slow() -> None:
        """Wait for ever."""
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(call(slow, effect=True))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("effect", [True, False])
async def test_a_refusal_is_no_fault(effect: bool) -> None:
    """``ToolFailed`` says that nothing was changed, in words for the model."""

    async def pay() -> None:
        """Pay."""
        raise ToolFailed("The card has expired.")

    assert await call(pay, effect=effect) == ToolRefused("The card has expired.")


class Parcel(BaseModel):
    """A result that is a model."""

    weight: Decimal
    sent: date


async def test_results_become_json() -> None:
    """Decimals are text, dates ISO, models objects, NaN null."""

    async def look() -> dict[str, Any]:
        """Look."""
        parcel = Parcel(weight=Decimal("1.50"), sent=date(2026, 1, 2))
        return {"parcel": parcel, "set": {1}, "nan": float("nan")}

    outcome = await call(look)
    assert outcome == ToolDone(
        {"parcel": {"weight": "1.50", "sent": "2026-01-02"}, "set": [1], "nan": None}
    )


async def test_a_result_without_json_is_a_lookups_fault() -> None:
    """A lookup whose result cannot be shown is broken."""

    async def look() -> object:
        """Look."""
        return object()

    outcome = await call(look)
    assert isinstance(outcome, ToolRefused)
    assert outcome.fault


@pytest.mark.parametrize("value", [object(), "\ud800", b"\xff"])
async def test_a_result_without_json_does_not_undo_an_effect(value: object) -> None:
    """An effect that came back was done, whatever it returned."""

    async def pay() -> object:
        """Pay."""
        return value

    outcome = await call(pay, effect=True)
    assert isinstance(outcome, ToolDone)
    assert "done" in outcome.result["note"]
    assert outcome.statement == "Done: pay."


async def test_a_large_result_is_cut_with_a_note() -> None:
    """The model gets the beginning and is told that there was more."""

    async def look() -> str:
        """Look."""
        return "ä" * MAX_RESULT_BYTES

    outcome = await call(look)
    assert isinstance(outcome, ToolDone)
    assert outcome.result["cut"] is True
    assert str(2 * MAX_RESULT_BYTES + 2) in outcome.result["note"]
    size = len(outcome.result["beginning"].encode())
    assert MAX_RESULT_BYTES - 4 <= size <= MAX_RESULT_BYTES


@pytest.mark.parametrize(
    ("statement", "result", "expected"),
    [
        (None, {}, "Done: pay back (order_id 1042, amount 59.90)."),
        (None, {"statement": "It is\n done."}, "It is done."),
        ("Paid {amount}.", {}, "Paid 59.90."),
        ("Paid {amount}.", {"amount": "50.00"}, "Paid 50.00."),
        ("Paid {amount}.", {"statement": "Own."}, "Own."),
        ("No {refund_id}.", {"refund_id": "R-1"}, "No R-1."),
        ("No {refund_id}.", {}, "Done: pay back (order_id 1042, amount 59.90)."),
        ("Braces {{}}.", None, "Braces {}."),
    ],
)
async def test_the_statement_of_an_effect(
    statement: str | None, result: Any, expected: str
) -> None:
    """The result's own sentence, else the template, else what was called."""

    async def pay_back(order_id: str, amount: Decimal, note: str | None = None) -> Any:
        """Pay back."""
        del order_id, amount, note
        return result

    args = {"order_id": "1042", "amount": "59.90"}
    outcome = await call(pay_back, args, effect=True, statement=statement)
    assert isinstance(outcome, ToolDone)
    assert outcome.statement == expected


async def test_a_lookup_states_nothing() -> None:
    """Only an effect has something to state."""

    async def look() -> dict[str, str]:
        """Look."""
        return {"statement": "I paid."}

    assert await call(look) == ToolDone({"statement": "I paid."})


async def pay(order_id: str, amount: Decimal):
    """Pay."""
    return [order_id, amount]


async def test_the_rule_gets_checked_arguments() -> None:
    """``approve_if`` compares decimals, also when the model wrote text."""
    tools = made_of(pay, effect=True, approve_if=lambda a: a["amount"] > Decimal(100))
    assert tools.approval_needed("pay", {"order_id": "1", "amount": "100.01"})
    assert not tools.approval_needed("pay", {"order_id": "1", "amount": 100.0})
    assert not tools.approval_needed("pay", {"order_id": "1", "amount": "much"})


async def test_a_rule_that_raises_asks_a_human() -> None:
    """A broken rule lets nothing through."""
    notebook = Notebook()
    tools = made_of(pay, notebook, effect=True, approve_if=lambda a: a["colour"])
    assert tools.approval_needed("pay", {"order_id": "1", "amount": 1})
    assert len(notebook.events) == 1


def key_of(tools: FunctionTools, order_id: str, amount: object, customer: str = "ada"):
    """Return the unique key of a payment."""
    return tools.unique_key("pay", {"order_id": order_id, "amount": amount}, customer)


async def test_equal_values_are_one() -> None:
    """59.9 and "59.90" are one amount; texts are taken as they are."""
    tools = made_of(pay, effect=True, unique=("order_id", "amount"))
    assert key_of(tools, "1042", 59.9) == key_of(tools, "1042", "59.90")
    assert key_of(tools, "1042", "100") == key_of(tools, "1042", "1E2")
    assert key_of(tools, "1042", 0) == key_of(tools, "1042", "-0.00")
    assert key_of(tools, "1042", 59.9) != key_of(tools, " 1042", 59.9)
    assert key_of(tools, "1042", 59.9) != key_of(tools, "1042", 59.91)
    long = "1." + "0" * 30 + "1"
    assert key_of(tools, "1042", long) != key_of(tools, "1042", "1")
    assert key_of(tools, "1042", "1", "ada") == key_of(tools, "1042", "1", "bob")


async def test_a_huge_exponent_makes_a_short_key() -> None:
    """A number of a million digits is not written out."""
    tools = made_of(pay, effect=True, unique=("amount",))
    assert len(key_of(tools, "1", "1e999999") or "") < 40


async def test_a_long_value_makes_a_short_key() -> None:
    """Keys fit an index."""
    tools = made_of(pay, effect=True, unique=("order_id",))
    assert len(key_of(tools, "x" * 9000, 1) or "") < 100
    assert key_of(tools, "x" * 9000, 1) != key_of(tools, "x" * 9001, 1)


async def test_uniqueness_can_be_per_customer() -> None:
    """``customer_id`` in ``unique`` means the customer of the call."""
    tools = made_of(pay, effect=True, unique=("customer_id", "order_id"))
    assert key_of(tools, "1", 1, "ada") != key_of(tools, "1", 1, "bob")


@pytest.mark.parametrize("error", [RuntimeError, ToolFailed, TimeoutError])
async def test_a_query_that_breaks_proves_nothing(error: type[Exception]) -> None:
    """Only None means "not done"."""

    async def ask(ctx: ToolContext) -> None:
        raise error(ctx.customer_id)

    async def ship(ctx: ToolContext) -> str:
        """Ship."""
        return ctx.turn_id

    tools = made_of(ship, effect=True, once="queryable", query=ask)
    assert isinstance(await tools.query("ship", context()), ToolDoubt)


async def test_a_slow_query_is_doubt() -> None:
    """A query has the tool's time, no more."""

    async def ask(ctx: ToolContext) -> None:
        await asyncio.Event().wait()
        del ctx

    async def ship(ctx: ToolContext) -> str:
        """Ship."""
        return ctx.turn_id

    options = {"effect": True, "once": "queryable", "query": ask, "timeout_s": 0.01}
    assert isinstance(
        await made_of(ship, **options).query("ship", context()), ToolDoubt
    )


async def test_tools_in_use_do_not_change() -> None:
    """An agent whose tools are in use takes no more of them."""
    agent = Agent(name="Acme", instructions="Help.", contact="a@example.com")
    FunctionTools(agent, Notebook())
    with pytest.raises(AgentRefused):
        agent.tool(pay)


async def test_minus_zero_is_zero() -> None:
    """Two spellings of one float are one value."""

    async def heat(by: float) -> float:
        """Heat."""
        return by

    tools = made_of(heat, effect=True, unique=("by",))
    plus = tools.unique_key("heat", {"by": 0}, "ada")
    assert plus == tools.unique_key("heat", {"by": -0.0}, "ada")
