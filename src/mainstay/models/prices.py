"""What tokens cost.

Source: https://platform.claude.com/docs/en/about-claude/pricing and the models' own
pages (https://platform.claude.com/docs/en/models), as they stood in November 2026.
Cache writes are those that last five minutes, the only ones that are asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mainstay.domain.step import Usage

PER_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars for a million tokens of each kind.

    Args:
        input: read at the full price.
        output: written.
        cache_read: read from the prompt cache.
        cache_write: written to the prompt cache.
        long_from: prompts of more tokens than this, cached ones counted, cost
            ``long_factor`` times as much, output included; None: never.
        long_factor: see above.
    """

    input: float
    output: float
    cache_read: float
    cache_write: float
    long_from: int | None = None
    long_factor: float = 1.0

    def cost_usd(self, usage: Usage) -> float:
        """Return the price of one call in US dollars."""
        cost = (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
        ) / PER_MILLION
        prompt = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        is_long = self.long_from is not None and prompt > self.long_from
        return cost * self.long_factor if is_long else cost


def _price(
    input_usd: float, output_usd: float, read_factor: float = 0.1, **long: float
) -> Price:
    """Return a price whose cache writes cost five quarters of its input."""
    return Price(
        input=input_usd,
        output=output_usd,
        cache_read=input_usd * read_factor,
        cache_write=input_usd * 1.25,
        long_from=int(long["over"]) if "over" in long else None,
        long_factor=long.get("times", 1.0),
    )


PRICES: Mapping[str, Price] = MappingProxyType(
    {
        "claude-opus-5-5": _price(4.0, 20.0, 0.05),
        "claude-opus-5": _price(5.0, 25.0),
        "claude-sonnet-5-5": _price(2.0, 10.0, 0.05),
        "claude-sonnet-5": _price(2.0, 10.0),
        "claude-sonnet-4-6": _price(3.0, 15.0),
        "claude-sonnet-4-5": _price(3.0, 15.0),
        "claude-haiku-5-5": _price(0.1, 0.5, over=100_000, times=5.0),
        "claude-haiku-4-5": _price(1.0, 5.0),
    }
)
"""Prices by model id."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices calls.

    Args:
        prices: by model id; an id followed by a date (``-20251001``) is the same model.
    """

    prices: Mapping[str, Price]

    def cost_usd(self, model: str, usage: Usage) -> float:
        """Return the price of one call in US dollars; 0 for a model without a price.

        A guess would be worse than nothing: models of one family differ twentyfold.
        """
        price = self._of(model)
        return 0.0 if price is None else price.cost_usd(usage)

    def knows(self, model: str) -> bool:
        """Tell whether the model has a price."""
        return self._of(model) is not None

    def _of(self, model: str) -> Price | None:
        return self.prices.get(model) or self.prices.get(_undated(model))


def _undated(model: str) -> str:
    name, _, date = model.rpartition("-")
    return name if date.isdecimal() and len(date) == len("20251001") else model


PUBLISHED = PriceList(PRICES)
"""The published prices."""

cost_usd = PUBLISHED.cost_usd
"""Prices calls at the published prices."""
