"""What the persona does with the sample shop's tools, and without them."""

import json

import pytest

from mainstay.simulator.models import CATALOGUE
from mainstay.simulator.persona.persona import decide
from mainstay.simulator.request import Request

ORDER = {
    "order_id": "1042",
    "status": "shipped",
    "carrier": "Parcelway",
    "tracking": "ZX9",
    "eta": "2026-12-01",
    "total": "49.90",
    "currency": "EUR",
    "refunded": "0.00",
}
REFUND = {"order_id": "1042", "refund_id": "rf_7", "amount": "49.90", "currency": "EUR"}


class Chat:
    """A conversation with the persona, built step by step."""

    def __init__(self, tools=(), system="", choice="auto") -> None:
        self.body = {
            "model": "claude-sonnet-5-5",
            "max_tokens": 500,
            "messages": [],
            "tools": list(tools),
            "system": system,
        }
        if tools:
            self.body["tool_choice"] = {"type": choice}

    def user(self, *texts: str) -> "Chat":
        """The customer says something."""
        blocks = [{"type": "text", "text": text} for text in texts]
        self.body["messages"].append({"role": "user", "content": blocks})
        return self

    def assistant(self, text: str) -> "Chat":
        """The assistant has said something."""
        self.body["messages"].append({"role": "assistant", "content": text})
        return self

    def ran(self, name: str, input_: dict, result, *, failed: bool = False) -> "Chat":
        """A tool has run."""
        id_ = f"toolu_{len(self.body['messages'])}"
        use = {"type": "tool_use", "id": id_, "name": name, "input": input_}
        text = result if isinstance(result, str) else json.dumps(result)
        answer = {"type": "tool_result", "tool_use_id": id_, "content": text}
        if failed:
            answer["is_error"] = True
        self.body["messages"] += [
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [answer]},
        ]
        return self

    def says(self) -> str:
        """Return what the persona says now, which calls no tool."""
        plan = decide(Request(self.body, CATALOGUE[self.body["model"]]))
        assert plan.calls == (), plan
        assert plan.text
        return plan.text

    def calls(self) -> tuple[str, dict]:
        """Return the tool that the persona calls now."""
        plan = decide(Request(self.body, CATALOGUE[self.body["model"]]))
        assert len(plan.calls) == 1, plan
        return plan.calls[0].name, plan.calls[0].input


@pytest.mark.parametrize(
    "text",
    [
        "where is order 1042?",
        "Where's my order #1042",
        "Can you track order number 1042 for me?",
        "what is the status of 1042? is the order late",
    ],
)
def test_an_order_is_looked_up(shop_tools, text):
    """An order id in the question goes to lookup_order."""
    chat = Chat(shop_tools).user(text)
    assert chat.calls() == ("lookup_order", {"order_id": "1042"})


def test_the_answer_comes_from_the_result(shop_tools):
    """Whatever the result says is passed on, and nothing else."""
    chat = Chat(shop_tools).user("where is order 1042?")
    said = chat.ran("lookup_order", {"order_id": "1042"}, ORDER).says()
    for fact in ("1042", "shipped", "Parcelway", "ZX9", "2026-12-01"):
        assert fact in said
    assert "refund" not in said.lower()


@pytest.mark.parametrize(
    ("result", "failed"),
    [
        ({"found": False, "order_id": "9", "note": "No such order."}, False),
        ({"error": "No such order."}, False),
        ("No such order.", True),
    ],
)
def test_an_order_that_is_not_there_is_said_so(shop_tools, result, failed):
    """A lookup that finds nothing is neither hidden nor repeated."""
    chat = Chat(shop_tools).user("where is order 9999?")
    said = chat.ran("lookup_order", {"order_id": "9999"}, result, failed=failed).says()
    assert "could not find order 9999" in said
    assert "No such order" in said


def test_a_refund_of_it_means_the_last_order(shop_tools):
    """The word "it" is the order spoken of, whose amount must be looked up first."""
    chat = Chat(shop_tools).user("where is order 1042?")
    chat.assistant("Order 1042 is shipped.").user("I want a refund for it")
    assert chat.calls() == ("lookup_order", {"order_id": "1042"})
    chat.ran("lookup_order", {"order_id": "1042"}, ORDER)
    assert chat.calls() == ("refund_order", {"order_id": "1042", "amount": "49.90"})
    chat.ran("refund_order", {"order_id": "1042", "amount": "49.90"}, REFUND)
    said = chat.says()
    assert "49.90" in said
    assert "1042" in said
    assert "rf_7" in said


def test_a_lookup_of_an_earlier_turn_is_used(shop_tools):
    """What the history tells is not asked again."""
    chat = Chat(shop_tools).user("where is order 1042?")
    chat.ran("lookup_order", {"order_id": "1042"}, ORDER).assistant("It is shipped.")
    chat.user("refund it please")
    assert chat.calls() == ("refund_order", {"order_id": "1042", "amount": "49.90"})


def test_an_amount_that_is_said_needs_no_lookup(shop_tools):
    """The customer's own amount goes into the call, in the schema's type."""
    chat = Chat(shop_tools).user("refund €12.50 for order 1042")
    assert chat.calls() == ("refund_order", {"order_id": "1042", "amount": "12.50"})


def test_only_the_rest_is_refunded(shop_tools):
    """What was paid back already is taken off."""
    chat = Chat(shop_tools).user("refund order 1042")
    chat.ran("lookup_order", {"order_id": "1042"}, {**ORDER, "refunded": "9.90"})
    assert chat.calls()[1]["amount"] == "40.00"


def test_nothing_left_to_refund(shop_tools):
    """An order that was refunded in full is not refunded again."""
    chat = Chat(shop_tools).user("refund order 1042")
    chat.ran("lookup_order", {"order_id": "1042"}, {**ORDER, "refunded": "49.90"})
    assert "in full already" in chat.says()


def test_a_refused_refund_is_explained(shop_tools):
    """The tool's reason reaches the customer, and no refund is claimed."""
    chat = Chat(shop_tools).user("refund 49.90 for order 1042")
    input_ = {"order_id": "1042", "amount": "49.90"}
    reason = "Order 1042 is older than 30 days."
    said = chat.ran("refund_order", input_, reason, failed=True).says()
    assert said.startswith("I could not make the refund for order 1042")
    assert "older than 30 days" in said


@pytest.mark.parametrize(
    ("result", "failed", "word"),
    [
        (
            "The call was interrupted; whether it was done is not known.",
            True,
            "certain",
        ),
        ({"state": "unknown"}, False, "certain"),
        ({"status": "pending_approval"}, False, "approval"),
        ("This was already done or is under way.", True, "asked for before"),
        ({"ok": False, "message": "Too late."}, False, "could not make"),
    ],
)
def test_a_doubtful_refund_is_not_claimed(shop_tools, result, failed, word):
    """Unknown, waiting, repeated and refused refunds are called what they are."""
    chat = Chat(shop_tools).user("refund 49.90 for order 1042")
    input_ = {"order_id": "1042", "amount": "49.90"}
    said = chat.ran("refund_order", input_, result, failed=failed).says()
    assert word in said
    assert "I have refunded" not in said


def test_a_refund_without_an_order_asks_for_it(shop_tools):
    """Nothing is guessed."""
    assert "Which order" in Chat(shop_tools).user("I want my money back").says()


def test_a_refund_is_not_made_twice(shop_tools):
    """A second wish for the same refund is answered from the history."""
    chat = Chat(shop_tools).user("refund 49.90 for order 1042")
    chat.ran("refund_order", {"order_id": "1042", "amount": "49.90"}, REFUND)
    chat.assistant("I have refunded it.").user("please refund order 1042!")
    said = chat.says()
    assert "done already" in said
    assert "49.90" in said


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("show me my orders", "list_orders"),
        ("how do I return a jacket?", "search_help"),
        ("What are your opening hours?", "search_help"),
        ("let me talk to a person", "escalate_to_human"),
        ("I want to speak to a human being", "escalate_to_human"),
        ("my tent arrived broken", "create_ticket"),
    ],
)
def test_every_wish_has_its_tool(shop_tools, text, tool):
    """The tool is called with all that its schema requires."""
    name, input_ = Chat(shop_tools).user(text).calls()
    required = next(t for t in shop_tools if t["name"] == name)["input_schema"]
    assert name == tool
    assert set(required["required"]) <= set(input_)


def test_results_become_answers(shop_tools):
    """Orders are listed, articles quoted, tickets numbered, people announced."""
    orders = {"orders": [ORDER, {"order_id": "1043", "status": "processing"}]}
    chat = Chat(shop_tools).user("show me my orders")
    said = chat.ran("list_orders", {}, orders).says()
    assert "1042" in said
    assert "1043" in said
    chat = Chat(shop_tools).user("how do I return a jacket?")
    articles = {"articles": [{"title": "Returns", "text": "Within 30 days."}]}
    assert "Within 30 days." in chat.ran("search_help", {"query": "r"}, articles).says()
    chat = Chat(shop_tools).user("my tent arrived broken")
    said = chat.ran("create_ticket", {"subject": "t"}, {"ticket_id": "T-7"}).says()
    assert "T-7" in said
    chat = Chat(shop_tools).user("let me talk to a person")
    said = chat.ran("escalate_to_human", {"reason": "r"}, {"handed_off": True}).says()
    assert "colleague takes over" in said


@pytest.mark.parametrize("result", [[], {"articles": []}])
def test_a_search_that_finds_nothing_says_so(shop_tools, result):
    """An empty result is not dressed up."""
    chat = Chat(shop_tools).user("how do I fly to the moon?")
    assert "nothing" in chat.ran("search_help", {"query": "moon"}, result).says()


@pytest.mark.parametrize(
    ("text", "start"),
    [("Hello!", "Hello"), ("thanks a lot", "You're welcome"), ("bananas", "Thank you")],
)
def test_small_talk_calls_no_tool(shop_tools, text, start):
    """Greetings, thanks and nonsense are answered in words."""
    assert Chat(shop_tools).user(text).says().startswith(start)


def test_the_same_request_has_the_same_answer(shop_tools):
    """The persona is a function of the request."""
    chat = Chat(shop_tools).user("where is order 1042?")
    assert chat.calls() == chat.calls()
