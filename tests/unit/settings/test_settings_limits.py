"""Limits on what is spent: which are set, and which could not work."""

import pytest

from mainstay.domain.spend import Limit
from mainstay.settings import faults, load
from mainstay.settings.limits import limits_of

SIX = {
    "LIMIT_CUSTOMER_TOKENS_PER_DAY": "100",
    "LIMIT_CUSTOMER_USD_PER_DAY": "0.5",
    "LIMIT_CONVERSATION_TOKENS": "50",
    "LIMIT_CONVERSATION_USD": "0.25",
    "LIMIT_DAY_TOKENS": "1000",
    "LIMIT_DAY_USD": "5",
}


def test_none_is_set_by_default() -> None:
    """A limit that nobody chose must not silence an agent."""
    assert limits_of(load({})) == ()


def test_each_has_its_name_scope_and_unit() -> None:
    """The narrowest scope is asked first."""
    assert limits_of(load(SIX)) == (
        Limit("LIMIT_CUSTOMER_TOKENS_PER_DAY", "customer", "tokens", 100),
        Limit("LIMIT_CUSTOMER_USD_PER_DAY", "customer", "usd", 0.5),
        Limit("LIMIT_CONVERSATION_TOKENS", "conversation", "tokens", 50),
        Limit("LIMIT_CONVERSATION_USD", "conversation", "usd", 0.25),
        Limit("LIMIT_DAY_TOKENS", "day", "tokens", 1000),
        Limit("LIMIT_DAY_USD", "day", "usd", 5),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIMIT_DAY_TOKENS", "0"),
        ("LIMIT_DAY_TOKENS", "1.5"),
        ("LIMIT_DAY_USD", "0"),
        ("LIMIT_DAY_USD", "-1"),
        ("LIMIT_DAY_USD", "nan"),
        ("LIMIT_DAY_USD", "inf"),
        ("LIMIT_DAY_USD", "much"),
    ],
)
def test_what_is_no_amount_is_refused(name: str, value: str) -> None:
    """Above zero, and a number."""
    (found,) = faults(SIX | {name: value})
    assert found.startswith(f"{name}: ")


@pytest.mark.parametrize("unit", ["TOKENS", "USD"])
@pytest.mark.parametrize("customers", ["", "5", "6"])
def test_a_day_needs_a_share_for_each_customer(unit: str, customers: str) -> None:
    """Else one customer, who may be an attacker, is everybody's loss of the day."""
    needed = f"LIMIT_CUSTOMER_{unit}_PER_DAY"
    (found,) = faults({f"LIMIT_DAY_{unit}": "5", needed: customers})
    assert found == (
        f"LIMIT_DAY_{unit}: needs a smaller {needed}, or one customer could use it up"
    )
    assert faults({f"LIMIT_DAY_{unit}": "5", needed: "4"}) == []


def test_a_limit_in_dollars_needs_prices() -> None:
    """Of each model that may be called; a limit in tokens needs none."""
    own = {"CLAUDE_MODEL": "my-model", "FALLBACK_MODEL": "my-other"}
    dollars = {"LIMIT_CUSTOMER_USD_PER_DAY": "5"}
    assert faults(own | dollars) == [
        f"LIMIT_CUSTOMER_USD_PER_DAY: no price is known for {name} {model!r}; "
        "set LIMIT_CUSTOMER_TOKENS_PER_DAY instead"
        for name, model in own.items()
    ]
    (found,) = faults(own | dollars | {"FALLBACK_ENABLED": "false"})
    assert "my-model" in found
    assert faults(own | {"LIMIT_CUSTOMER_TOKENS_PER_DAY": "5"}) == []
    dated = {"CLAUDE_MODEL": "claude-haiku-4-5-20251001"}
    assert faults(dated | dollars) == []
