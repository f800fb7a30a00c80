"""Agents other than the sample shop's: tools are found by their own words."""

import json
from typing import Any

import pytest

from mainstay.simulator.models import CATALOGUE
from mainstay.simulator.persona.arguments import cast_to, fill
from mainstay.simulator.persona.persona import decide
from mainstay.simulator.persona.plan import Plan
from mainstay.simulator.request import Request

TEXT = {"type": "string"}


def tool(name: str, description: str = "", required=None, **properties: Any) -> dict:
    """Return a tool; all properties are required unless said."""
    needed = list(properties) if required is None else required
    schema = {"type": "object", "properties": properties, "required": needed}
    return {"name": name, "description": description, "input_schema": schema}


def plan(tools: list[dict], *messages: Any, **more: Any) -> Plan:
    """Return the persona's next step; a string is a customer's message."""
    history = [
        {"role": "user", "content": m} if isinstance(m, str) else m for m in messages
    ]
    body = {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": history}
    body |= {"tools": tools, **more}
    return decide(Request(body, CATALOGUE[body["model"]]))


def called(tools: list[dict], *messages: Any) -> tuple[str, dict]:
    """Return the one call that the persona makes."""
    calls = plan(tools, *messages).calls
    assert len(calls) == 1
    return calls[0].name, calls[0].input


def test_a_tool_is_found_by_its_name():
    """The weather is asked of the weather tool, with the city from the text."""
    tools = [
        tool("get_weather", city=TEXT),
        tool("book_table", people={"type": "integer"}),
    ]
    asked = "what's the weather in Paris today?"
    assert called(tools, asked) == ("get_weather", {"city": "Paris"})


def test_a_tool_is_found_by_its_description():
    """Three words of the description are enough."""
    description = "Reset the password of an account and mail a new link"
    tools = [tool("svc_17", description, email=TEXT)]
    asked = "please reset the password of my account, I am ann@example.com"
    assert called(tools, asked) == ("svc_17", {"email": "ann@example.com"})


def test_a_result_of_an_unknown_tool_is_told():
    """Its members are passed on in plain words, and the tool is not called again."""
    tools = [tool("get_weather", city=TEXT)]
    use = {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}}
    found = json.dumps({"sky": "clear", "degrees_c": 21})
    result = {"type": "tool_result", "tool_use_id": "t", "content": found}
    step = plan(
        tools,
        "what's the weather in Paris?",
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    )
    assert step.calls == ()
    assert "clear" in str(step.text)
    assert "21" in str(step.text)


def test_a_refund_tool_of_another_name_is_used():
    """``refund(order_id, amount)`` is as good as ``refund_order``."""
    money = {"anyOf": [{"type": "number"}, {"type": "string"}]}
    tools = [tool("refund", order_id=TEXT, amount=money)]
    asked = "refund 20.00 for order 1042"
    assert called(tools, asked) == ("refund", {"order_id": "1042", "amount": "20.00"})


def test_a_missing_argument_is_asked_for_rather_than_made_up():
    """Required ids and amounts that nobody said are not invented."""
    tools = [tool("refund", order_id=TEXT, amount={"type": "number"})]
    step = plan(tools, "refund order 1042")
    assert step.calls == ()
    assert "How much" in str(step.text)
    step = plan(
        [tool("cancel_subscription", subscription_id=TEXT)], "cancel my subscription"
    )
    assert step.calls == ()


def test_a_forced_tool_is_called():
    """tool_choice tool names it; any takes the best."""
    tools = [tool("alpha", query=TEXT), tool("beta", query=TEXT)]
    choice = {"type": "tool", "name": "beta"}
    assert plan(tools, "Hello", tool_choice=choice).calls[0].name == "beta"
    assert plan(tools, "alpha it", tool_choice={"type": "any"}).calls[0].name == "alpha"


def test_text_without_a_fitting_tool():
    """Tools that have nothing to do with it stay uncalled."""
    step = plan([tool("launch_rocket", "Launch a rocket.")], "I like trees")
    assert step.calls == ()


@pytest.mark.parametrize(
    ("schema", "value", "cast"),
    [
        ({"type": "integer"}, "1042", 1042),
        ({"type": "number"}, "20.50", 20.5),
        ({"type": "string"}, 1042, "1042"),
        ({"type": ["string", "null"]}, "20.50", "20.50"),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, "20.50", "20.50"),
        ({"anyOf": [{"type": "number"}, {"type": "string"}]}, 20.5, 20.5),
        ({"type": "integer"}, "A-17", "A-17"),
    ],
)
def test_values_take_their_schemas_type(schema, value, cast):
    """As far as they can; a code that is no number stays a text."""
    assert cast_to(schema, value) == cast


def test_properties_are_filled_by_their_names():
    """Orders, amounts, mails, dates, choices, switches and free text."""
    wanted = tool(
        "report",
        order_id=TEXT,
        amount={"type": "number"},
        email=TEXT,
        date=TEXT,
        kind={"type": "string", "enum": ["question", "damage"]},
        urgent={"type": "boolean"},
        details=TEXT,
    )
    text = "Damage on order 1042 ($12.50) on 2026-11-02, mail ann@example.com"
    assert fill(wanted, text) == {
        "order_id": "1042",
        "amount": 12.5,
        "email": "ann@example.com",
        "date": "2026-11-02",
        "kind": "damage",
        "urgent": True,
        "details": text,
    }


def test_optional_properties_are_left_out_unless_said():
    """Nothing optional is made up."""
    wanted = tool(
        "lookup", required=["order_id"], order_id=TEXT, reason=TEXT, date=TEXT
    )
    assert fill(wanted, "order 1042") == {"order_id": "1042"}
