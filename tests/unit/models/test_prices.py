"""What a call costs."""

import pytest

from mainstay.domain.step import Usage
from mainstay.models.prices import PRICES, PUBLISHED, Price, PriceList, cost_usd

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (Usage(input_tokens=MILLION), 2.0),
        (Usage(output_tokens=MILLION), 10.0),
        (Usage(cache_read_tokens=MILLION), 0.1),
        (Usage(cache_write_tokens=MILLION), 2.5),
        (Usage(1000, 200, 5000, 400), 0.0055),
        (Usage(), 0.0),
    ],
)
def test_sonnet_is_priced_by_kind_of_token(usage, usd):
    """Each kind of token has its own price, and they add up."""
    assert cost_usd("claude-sonnet-5-5", usage) == pytest.approx(usd)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (Usage(100_000, 1000), 0.0105),
        (Usage(100_001, 1000), 0.0525005),
        (Usage(1, 0, 60_000, 40_000), 0.0280005),
        (Usage(0, 0, 60_000, 40_000), 0.0056),
    ],
)
def test_haiku_costs_five_times_as_much_for_a_long_prompt(usage, usd):
    """Above 100,000 tokens of prompt, cached ones counted, every token costs more."""
    assert cost_usd("claude-haiku-5-5", usage) == pytest.approx(usd)


def test_a_date_behind_the_id_changes_nothing():
    """A snapshot costs what its model costs."""
    usage = Usage(1000, 1000)
    dated = cost_usd("claude-haiku-4-5-20251001", usage)
    assert dated == cost_usd("claude-haiku-4-5", usage) == pytest.approx(0.006)


@pytest.mark.parametrize(
    "model", ["", "claude-sonnet", "claude-sonnet-9", "cache", "claude-sonnet-5-51"]
)
def test_a_model_without_a_price_costs_nothing(model):
    """No guess is made for a model that is not listed."""
    assert cost_usd(model, Usage(MILLION, MILLION)) == 0.0


def test_what_is_listed_is_known():
    """Also by an id with its date; nothing else is."""
    assert PUBLISHED.knows("claude-haiku-4-5-20251001")
    assert not PUBLISHED.knows("claude-haiku-4-5-2025")
    assert not PUBLISHED.knows("mine")


def test_prices_may_be_ones_own():
    """A price list of one's own replaces the published one."""
    own = Price(input=1.0, output=2.0, cache_read=0.5, cache_write=3.0)
    prices = PriceList({"mine": own})
    assert prices.cost_usd("mine", Usage(MILLION, MILLION, MILLION, MILLION)) == 6.5
    assert prices.cost_usd("claude-sonnet-5-5", Usage(MILLION)) == 0.0


def test_the_defaults_are_priced():
    """Both default models have a price."""
    assert {"claude-sonnet-5-5", "claude-haiku-5-5"} <= PRICES.keys()
