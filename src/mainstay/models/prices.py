"""What tokens cost.

Source: https://claude.com/pricing, where a model of the same tier has no price listed
yet its tier's is taken. Cache reads cost a tenth of an input token and writes that last
five minutes five quarters (https://docs.claude.com/en/docs/build-with-claude/prompt-caching).
"""

from collections.abc import Mapping

from mainstay.domain.step import Usage

PER_MILLION = 1_000_000
CACHE_READ = 0.1
CACHE_WRITE = 1.25

TIERS_USD: Mapping[str, tuple[float, float]] = {
    "claude-opus": (5.0, 25.0),
    "claude-sonnet": (3.0, 15.0),
    "claude-haiku": (1.0, 5.0),
}
"""US dollars for a million input and output tokens, by the start of the model's id."""


def cost_usd(model: str, usage: Usage) -> float:
    """Return the price of a call in US dollars; 0 for a model of no known tier."""
    for tier, (read, write) in TIERS_USD.items():
        if model.startswith(tier):
            inputs = (
                usage.input_tokens
                + usage.cache_read_tokens * CACHE_READ
                + usage.cache_write_tokens * CACHE_WRITE
            )
            return (inputs * read + usage.output_tokens * write) / PER_MILLION
    return 0.0
