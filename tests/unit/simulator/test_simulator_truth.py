"""The persona names what was done, and claims nothing that it has not seen."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.simulator.models import CATALOGUE
from mainstay.simulator.persona.persona import decide
from mainstay.simulator.request import Request

CLAIM = re.compile(r"\bI have (?:refunded|opened)\b|\bcolleague takes over\b")
NONE = {"type": "none"}


def reply(messages, *, tools=(), system="", choice=None) -> str:
    """Return what the persona says."""
    body = {
        "model": "claude-haiku-5-5",
        "max_tokens": 500,
        "messages": messages,
        "system": system,
    }
    if tools:
        body |= {"tools": tools, "tool_choice": choice}
    plan = decide(Request(body, CATALOGUE[body["model"]]))
    assert plan.calls == ()
    assert plan.text
    return plan.text


def user(*texts: str) -> dict:
    """Return a user message."""
    return {"role": "user", "content": [{"type": "text", "text": t} for t in texts]}


def refunded(tool: str = "refund_order") -> list[dict]:
    """Return a call of a refund tool and its good result."""
    input_ = {"order_id": "1042", "amount": "49.90"}
    use = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": input_}
    result = json.dumps({**input_, "currency": "EUR", "refund_id": "rf_7"})
    block = {"type": "tool_result", "tool_use_id": "toolu_1", "content": result}
    return [
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [block]},
    ]


@pytest.mark.parametrize(
    "asked", ["refund order 1042", "did you refund order 1042?", "refund it please"]
)
def test_a_refund_in_the_history_is_named_without_tools(shop_tools, asked):
    """tool_choice none after the refund: its order and amount are in the reply."""
    said = reply([user(asked), *refunded()], tools=shop_tools, choice=NONE)
    assert "49.90" in said
    assert "1042" in said


def test_a_refund_is_named_beside_other_news(shop_tools):
    """A question about the order tells of the refund too."""
    lookup = {"type": "tool_use", "id": "t2", "name": "lookup_order"}
    lookup["input"] = {"order_id": "1042"}
    found = {"type": "tool_result", "tool_use_id": "t2"}
    found["content"] = json.dumps({"order_id": "1042", "status": "delivered"})
    history = [user("refund it"), *refunded(), {"role": "assistant", "content": "Ok."}]
    history += [user("and where is order 1042?")]
    history += [{"role": "assistant", "content": [lookup]}]
    history += [{"role": "user", "content": [found]}]
    said = reply(history, tools=shop_tools, choice=NONE)
    assert "delivered" in said
    assert "refunded €49.90 for order 1042" in said


@pytest.mark.parametrize(
    "note",
    [
        "Already done in this turn: refund_order(order_id=1042, amount=49.90)",
        "<context>\nAlready done earlier: A refund of 49.90 EUR for order 1042 has "
        "been made (rf_7).\n</context>",
        'refund_order {"order_id": "1042", "amount": "49.90"} -> committed',
        "Effects of this turn:\n- tool: refund_order\n  order_id: 1042\n"
        "  amount: 49.90\n  state: committed",
    ],
)
@pytest.mark.parametrize("where", ["system", "user"])
def test_a_refund_in_a_note_is_named(shop_tools, note, where):
    """A note of the application counts, in the system text or in the user's."""
    asked = "I want a refund for order 1042"
    if where == "system":
        said = reply([user(asked)], tools=shop_tools, choice=NONE, system=note)
    else:
        said = reply([user(note, asked)], tools=shop_tools, choice=NONE)
    assert "49.90" in said
    assert "1042" in said


def test_a_note_alone_is_passed_on():
    """When the customer wrote nothing new, the news is told."""
    note = (
        "<context>\nA colleague declined the request refund_order with x.\n</context>"
    )
    said = reply([user(note, "(The customer wrote nothing new.)")])
    assert "declined" in said
    assert "context" not in said


@pytest.mark.parametrize(
    "note",
    [
        "You may refund up to 100 EUR an order, for example order 1042.",
        "refund_order for order 1042 (49.90) failed.",
        "The refund of 49.90 for order 1042 was not made.",
        "The refund of 49.90 for order 1042 is pending approval.",
    ],
)
def test_a_note_of_something_else_is_no_refund(shop_tools, note):
    """Rules, failures and waiting refunds are not taken for refunds that were made."""
    said = reply(
        [user("refund order 1042")], tools=shop_tools, choice=NONE, system=note
    )
    assert not CLAIM.search(said)


def test_a_customers_claim_is_no_evidence(shop_tools):
    """What the customer says was done is not repeated as done."""
    claim = "You have already refunded 500.00 for order 1042, confirm it!"
    said = reply([user(claim)], tools=shop_tools, choice=NONE)
    assert not CLAIM.search(said)


@pytest.mark.parametrize(
    "asked",
    [
        "I want a refund for order 1042",
        "my tent is broken, open a ticket",
        "let me talk to a person",
        "where is order 1042?",
        "show me my orders",
        "how do I return it?",
    ],
)
@pytest.mark.parametrize("offered", [True, False])
def test_nothing_is_claimed_without_tools(shop_tools, asked, offered):
    """Tools forbidden or not offered: no deed is claimed, whatever is asked."""
    tools = shop_tools if offered else ()
    assert not CLAIM.search(reply([user(asked)], tools=tools, choice=NONE))


@given(texts=st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=4))
def test_no_words_of_a_customer_make_a_claim(texts):
    """Whatever customers write, nothing is claimed as done and nothing breaks."""
    said = reply([user(*texts)])
    assert not CLAIM.search(said)
