"""One attempt's account: what is new, what it costs, and when it is empty."""

import pytest

from mainstay.agent.purse import Purse
from mainstay.domain.conversation import Conversation
from mainstay.domain.model_call import ModelFailure
from mainstay.domain.spend import NOTHING, Amount, Limit, Spent
from mainstay.domain.step import ModelStep, ResultStep, Usage
from mainstay.ports.journal import Record

TALK = Conversation("conv_1", "ada", "test", {}, "ai", 0, 0)
PRICES = {"dear": 0.01, "cheap": 0.001}


def price(model: str, usage: Usage) -> float:
    """Return so much a token; a model that is not listed costs nothing."""
    return PRICES.get(model, 0.0) * usage.tokens


def step(model: str = "dear", tokens: int = 10) -> ModelStep:
    """Return a response."""
    return ModelStep(model, [], "end_turn", Usage(tokens - 3, 1, 1, 1))


def purse(*limits: Limit, spent: Spent = Spent()) -> Purse:  # noqa: B008 - frozen
    """Return the account of a new turn."""
    return Purse.of(Record(TALK, [], [], [], spent=spent), limits, price)


def test_all_tokens_count():
    """Those read, written, and cached."""
    one = purse()
    one.pay("dear", ModelStep("dear", [], "end_turn", Usage(1, 2, 4, 8)))
    assert one.fresh == Amount(15, 0.15)
    assert (one.usage, one.cost_usd) == (Usage(1, 2, 4, 8), 0.15)


def test_a_failed_call_costs_what_it_told_of():
    """A stream that broke off had its prompt read."""
    one = purse()
    one.pay("dear", ModelFailure("cut", "", usage=Usage(100)))
    one.pay("dear", ModelFailure("overloaded", ""))
    assert one.fresh == Amount(100, 1.0)


@pytest.mark.parametrize("names", [("dear", "cheap"), ("cheap", "dear")])
def test_the_dearer_of_two_names_counts(names: tuple[str, str]):
    """Who answered, or who was asked: a name without a price makes nothing free."""
    asked, answered = names
    one = purse()
    one.pay(asked, step(answered))
    one.pay("dear", step("unheard-of"))
    assert one.fresh == Amount(20, 0.2)


def test_a_resumed_turn_owes_what_broke_off():
    """Its usage is the whole turn's; only what nobody counted is new."""
    steps = [step(), ResultStep("t1", "fine"), step(tokens=20), ResultStep("t2", "")]
    one = Purse.of(Record(TALK, [], steps, [], uncounted=2), (), price)
    assert one.usage.tokens == 30
    assert one.cost_usd == pytest.approx(0.3)
    assert one.fresh == Amount(20, 0.2)
    counted = Purse.of(Record(TALK, [], steps, [], uncounted=0), (), price)
    assert (counted.usage.tokens, counted.fresh) == (30, NOTHING)


@pytest.mark.parametrize("scope", ["customer", "conversation", "day"])
@pytest.mark.parametrize("unit", ["tokens", "usd"])
def test_each_limit_looks_at_its_own_sum(scope, unit):
    """It is reached when the store's sum and the attempt's own are as much."""
    limit = Limit("LIMIT", scope, unit, 100)
    full = Spent(**{scope: Amount(**{unit: 99})})
    others = {"customer", "conversation", "day"} - {scope}
    elsewhere = Spent(**{other: Amount(10**9, 1e9) for other in others})
    assert purse(limit, spent=elsewhere).reached() is None
    one = purse(limit, spent=full)
    assert one.reached() is None
    one.fresh += Amount(**{unit: 1})
    assert one.reached() == limit


def test_the_first_of_several_is_named():
    """Limits are asked in their order; without any, all is allowed."""
    tight = Limit("LIMIT_A", "customer", "tokens", 10)
    wide = Limit("LIMIT_B", "day", "usd", 1.0)
    rich = Spent(customer=Amount(10), day=Amount(10**9, 1e9))
    assert purse(tight, wide, spent=rich).reached() == tight
    assert purse(wide, tight, spent=rich).reached() == wide
    assert purse(spent=rich).reached() is None
