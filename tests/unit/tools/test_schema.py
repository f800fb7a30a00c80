"""The schema that the model sees, and the check that keeps it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from mainstay import Agent, ToolContext
from mainstay.ports.tools import ToolRefused
from mainstay.tools.function_tool import FunctionTool, make_tool
from mainstay.tools.options import ToolOptions


class Address(BaseModel):
    """Where to send it."""

    street: str
    number: int


async def order(  # noqa: D417, PLR0913 - as an author may write it
    ctx: ToolContext,
    item: str,
    price: Decimal,
    to: Address,
    size: Literal["S", "M"] = "M",
    notes: list[str] | None = None,
    *,
    schema: Annotated[int, Field(ge=1, description="How many.")] = 1,
):
    """Order an item.

    Only after the customer agreed.

    Args:
        ctx: the call.
        item (str): what to order,
            by its name.
        price: what it costs.
        size: how big: S or M.

    Returns:
        The order.
    """
    return (ctx, item, price, to, size, notes, schema)


def tool() -> FunctionTool:
    """Return the tool of ``order``."""
    return make_tool(order, ToolOptions())


def read(**changes: Any) -> Any:
    """Read the arguments of an order."""
    args = {"item": "rope", "price": 1, "to": {"street": "A", "number": 1}}
    return tool().arguments.read("order", {**args, **changes})


def test_the_schema_is_closed_and_without_the_context() -> None:
    """The schema is an object of the arguments alone."""
    schema = tool().spec.input_schema
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["item", "price", "to"]
    assert list(schema["properties"]) == [
        "item",
        "price",
        "to",
        "size",
        "notes",
        "schema",
    ]
    assert "title" not in schema
    assert "title" not in schema["properties"]["item"]


def test_descriptions_come_from_the_docstring() -> None:
    """The summary describes the tool, Args its arguments; Field goes first."""
    spec = tool().spec
    assert spec.description == "Order an item.\n\nOnly after the customer agreed."
    properties = spec.input_schema["properties"]
    assert properties["item"]["description"] == "what to order, by its name."
    assert properties["size"]["description"] == "how big: S or M."
    assert properties["schema"]["description"] == "How many."
    assert properties["size"]["enum"] == ["S", "M"]
    assert properties["size"]["default"] == "M"


def test_a_decimal_takes_a_string_or_a_number() -> None:
    """A model may write money either way."""
    choices = tool().spec.input_schema["properties"]["price"]["anyOf"]
    assert choices[0] == {"type": "number"}
    assert choices[1]["type"] == "string"
    assert "pattern" in choices[1]


@pytest.mark.parametrize(
    ("given", "value"),
    [(59.9, "59.9"), ("59.90", "59.90"), (60, "60"), (0.1, "0.1"), (1e-7, "1E-7")],
)
def test_a_decimal_is_never_read_in_binary(given: object, value: str) -> None:
    """59.9 means 59.9, not the nearest binary fraction."""
    price = read(price=given)["price"]
    assert isinstance(price, Decimal)
    assert str(price) == value


def test_values_have_their_types_and_defaults() -> None:
    """What the function gets is what its annotations say."""
    values = read(to={"street": "High St", "number": "7"}, notes=["a"])
    assert values["to"] == Address(street="High St", number=7)
    assert (values["size"], values["notes"], values["schema"]) == ("M", ["a"], 1)


def test_a_number_will_do_for_a_text() -> None:
    """Models write order numbers as numbers now and then."""
    assert read(item=1042)["item"] == "1042"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": "NaN"}, "price"),
        ({"price": float("inf")}, "price"),
        ({"price": True}, "price"),
        ({"price": "much"}, "price"),
        ({"size": "XL"}, "size"),
        ({"schema": 0}, "schema"),
        ({"notes": "a"}, "notes"),
        ({"to": {"street": "A"}}, "to.number"),
        ({"item": None}, "item"),
        ({"colour": "red"}, "colour"),
        ({"ctx": {"customer_id": "eve"}}, "ctx"),
    ],
)
def test_a_wrong_argument_is_named(changes: dict[str, Any], field: str) -> None:
    """The refusal names the field, and does not repeat what was given."""
    refusal = read(**changes)
    assert isinstance(refusal, ToolRefused)
    assert f"{field}: " in refusal.reason or f"{field}." in refusal.reason
    assert "nothing was done" in refusal.reason
    assert "much" not in refusal.reason
    assert "eve" not in refusal.reason
    assert not refusal.fault


@pytest.mark.parametrize("args", [[], "text", None])
def test_arguments_that_are_no_object_are_refused(args: Any) -> None:
    """A model that writes no object is told so."""
    refusal = tool().arguments.read("order", args)
    assert isinstance(refusal, ToolRefused)
    assert "arguments: " in refusal.reason


def test_a_long_list_of_faults_is_cut() -> None:
    """The model reads the first five and how many there are."""
    refusal = read(**{f"extra_{n}": n for n in range(40)})
    assert "and 35 more" in refusal.reason


def test_a_tool_without_arguments_has_a_schema() -> None:
    """Nothing to give is an empty object."""

    async def ping(ctx: ToolContext) -> Any:
        """Ping."""
        return ctx

    schema = make_tool(ping, ToolOptions()).spec.input_schema
    assert schema["properties"] == {}
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


def test_a_default_that_is_no_json_text_stays() -> None:
    """Defaults of richer types are shown as JSON and passed as they are."""

    async def since(day: date = date(2026, 1, 2)) -> Any:
        """Look."""
        return day

    made = make_tool(since, ToolOptions())
    assert made.spec.input_schema["properties"]["day"]["default"] == "2026-01-02"
    assert made.arguments.read("since", {}) == {"day": date(2026, 1, 2)}


def test_a_method_can_be_a_tool() -> None:
    """``self`` is no argument."""

    class Desk:
        async def look(self, order_id: str) -> Any:
            """Look."""
            return order_id

    agent = Agent(name="A", instructions="B", contact="C")
    agent.tool(Desk().look)
    assert list(agent.tools[0].spec.input_schema["properties"]) == ["order_id"]
