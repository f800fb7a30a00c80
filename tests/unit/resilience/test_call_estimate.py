"""What a call will use is learned from the calls before it."""

from typing import Any

import pytest

from mainstay.domain.model_call import ModelRequest
from mainstay.domain.step import Usage
from mainstay.resilience.call_estimate import CACHE_S, CallEstimate


def request(content: Any, **more: Any) -> ModelRequest:
    """Return a request with one message."""
    return ModelRequest("m", "Help.", [{"role": "user", "content": content}], **more)


def test_a_token_is_four_characters_at_first() -> None:
    """Of texts and of blocks alike; a reply's size is a guess."""
    estimate = CallEstimate()
    assert estimate.of(request("x" * 400), 0).input_tokens == 101
    blocks = [{"type": "text", "text": "x" * 400}]
    found = estimate.of(request(blocks), 0)
    assert (found.requests, found.input_tokens, found.output_tokens) == (1, 101, 301)
    result = {"type": "tool_result", "tool_use_id": "t", "content": "x" * 400}
    assert 101 < estimate.of(request([result]), 0).input_tokens < 130


def test_a_reply_is_never_estimated_above_its_bound() -> None:
    """``max_tokens`` is a bound, and no estimate."""
    assert CallEstimate().of(request("x", max_tokens=50), 0).output_tokens == 51


def test_the_mean_of_the_calls_is_learned() -> None:
    """Of their replies, and of how many tokens a text has."""
    estimate, asked = CallEstimate(), request("x" * 4_000)
    for _ in range(80):
        estimate.learn(asked, Usage(input_tokens=2_000, output_tokens=60), 0)
    found = estimate.of(asked, 0)
    assert found.input_tokens == pytest.approx(2_000, rel=0.01)
    assert found.output_tokens == pytest.approx(61, abs=1)


def test_a_strange_figure_moves_it_only_so_far() -> None:
    """A provider's mistake must not stop all calls."""
    estimate, asked = CallEstimate(), request("x" * 4_000)
    for _ in range(80):
        estimate.learn(asked, Usage(input_tokens=10**9, output_tokens=1), 0)
    assert estimate.of(asked, 0).input_tokens <= 4_001


def test_what_the_prompt_cache_serves_does_not_count() -> None:
    """While it is warm; after five idle minutes its content is read anew."""
    estimate, asked = CallEstimate(), request("x" * 400)
    usage = Usage(input_tokens=100, output_tokens=1, cache_read_tokens=5_000)
    estimate.learn(asked, usage, 0)
    assert estimate.of(asked, CACHE_S - 1).input_tokens == 101
    assert estimate.of(asked, CACHE_S).input_tokens == 5_101
