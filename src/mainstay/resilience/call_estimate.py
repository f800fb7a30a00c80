"""What a model call will probably use, learned from the calls before it."""

from collections.abc import Mapping
from typing import Any

from mainstay.domain.model_call import ModelRequest
from mainstay.domain.pool import Amounts
from mainstay.domain.step import Usage

CHARACTERS_A_TOKEN = 4
FIRST_OUTPUT = 300
"""Tokens that a reply is taken to have while none has been seen."""

WEIGHT = 0.1
"""What the newest call counts in a running mean."""

FACTOR = (0.25, 4.0)
"""How far texts may be from four characters a token."""

CACHE_S = 300.0
"""A prompt cache lives for 5 minutes after its last use:
https://platform.claude.com/docs/en/build-with-claude/prompt-caching."""


class CallEstimate:
    """Estimates the calls of one model; right on the mean, not for each call.

    System prompt and tools are in the prompt cache while calls go on, and what is read
    from there does not count. When they are expected not to be, they are added with
    the size that they had at the last call.
    """

    __slots__ = ("_cached_until_s", "_factor", "_output", "_prefix")

    def __init__(self) -> None:
        self._factor = 1.0
        self._output = float(FIRST_OUTPUT)
        self._prefix = 0
        self._cached_until_s = 0.0

    def of(self, request: ModelRequest, now_s: float) -> Amounts:
        """Return what the request will probably use.

        Args:
            request: as it is sent.
            now_s: monotonic.
        """
        tokens = plain_tokens(request) * self._factor
        if now_s >= self._cached_until_s:
            tokens += self._prefix
        output = min(self._output, request.max_tokens)
        return Amounts(1, int(tokens) + 1, int(output) + 1)

    def learn(self, request: ModelRequest, usage: Usage, now_s: float) -> None:
        """Take what a call has really used."""
        self._output += WEIGHT * (usage.output_tokens - self._output)
        cached = usage.cache_read_tokens + usage.cache_write_tokens
        if cached:
            self._prefix, self._cached_until_s = cached, now_s + CACHE_S
        least, most = FACTOR
        seen = usage.input_tokens / max(1, plain_tokens(request))
        self._factor += WEIGHT * (min(most, max(least, seen)) - self._factor)


def plain_tokens(request: ModelRequest) -> int:
    """Return the tokens of the messages, at four characters a token."""
    characters = 0
    for message in request.messages:
        content = message["content"]
        if isinstance(content, str):
            characters += len(content)
        else:
            characters += sum(_characters(block) for block in content)
    return characters // CHARACTERS_A_TOKEN


def _characters(block: Mapping[str, Any]) -> int:
    text = block.get("text")
    # Calls and results: as Python writes them is near enough to JSON.
    return len(text) if isinstance(text, str) else len(str(block))
