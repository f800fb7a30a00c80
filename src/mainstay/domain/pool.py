"""A model pool: what the provider lets an account use a minute, and what is left of it.

Source: https://platform.claude.com/docs/en/api/rate-limits: an organisation has one
token bucket for requests, one for input and one for output tokens in each model line;
each is refilled continuously and holds a minute's worth.
"""

from typing import NamedTuple

LINES = ("haiku", "sonnet", "opus")
"""Model lines that have limits of their own."""


class Amounts(NamedTuple):
    """Three figures that are limited apart.

    Args:
        requests: calls.
        input_tokens: read, without those that the prompt cache served.
        output_tokens: written.
    """

    requests: int
    input_tokens: int
    output_tokens: int


NOTHING = Amounts(0, 0, 0)


class PoolState(NamedTuple):
    """What the provider said of a pool in one answer.

    Args:
        limit: a minute; 0 for what it did not tell.
        left: of it, at the time of the answer.
    """

    limit: Amounts
    left: Amounts


def pool_of(model: str) -> str:
    """Return the pool that a model draws on: its line, or itself when it has none."""
    return next((line for line in LINES if line in model), model)
