"""What an answer's headers say of the limits."""

import pytest
from tests.unit.models.event_streams import REPLY
from tests.unit.models.wire_server import chunk, head, sends

from mainstay.domain.pool import Amounts, PoolState, pool_of
from mainstay.models.rate_headers import pool_state

FIGURES = {
    "requests": ("50", "49"),
    "input-tokens": ("30000", "29000"),
    "output-tokens": ("8000", "8000"),
}


def headers(**changed: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the headers as they come, with some figures changed."""
    figures = FIGURES | {name.replace("_", "-"): two for name, two in changed.items()}
    return [
        (f"Anthropic-RateLimit-{name}-{what}".encode(), value.encode())
        for name, two in figures.items()
        for what, value in zip(("Limit", "Remaining"), two, strict=True)
    ]


def test_limits_and_rests_are_read() -> None:
    """By any case of their names, among other headers."""
    others = [(b"request-id", b"req_1"), (b"anthropic-ratelimit-requests-reset", b"x")]
    assert pool_state([*others, *headers()]) == PoolState(
        Amounts(50, 30_000, 8_000), Amounts(49, 29_000, 8_000)
    )


def test_an_answer_without_them_says_nothing() -> None:
    """Other providers send none."""
    assert pool_state([(b"content-type", b"text/event-stream")]) is None
    assert pool_state([]) is None


@pytest.mark.parametrize(
    "two",
    [("", "5"), ("5", ""), ("0", "0"), ("-5", "5"), ("many", "5"), ("9" * 20, "5")],
)
def test_a_figure_that_makes_no_sense_is_none(two: tuple[str, str]) -> None:
    """It counts as not told; the others count."""
    state = pool_state(headers(input_tokens=two))
    assert state is not None
    assert state.limit == Amounts(50, 0, 8_000)
    assert state.left == Amounts(49, 0, 8_000)


def test_a_rest_is_never_above_its_limit() -> None:
    """Whatever was said."""
    state = pool_state(headers(requests=("50", "70")))
    assert state is not None
    assert state.left.requests == 50


def test_models_of_a_line_share_a_pool() -> None:
    """Whatever the provider puts around their names."""
    assert pool_of("claude-sonnet-5-5") == pool_of("eu.claude-sonnet-4-6") == "sonnet"
    assert pool_of("claude-haiku-5-5") == "haiku"
    assert pool_of("my-own") == "my-own"


SAID = "".join(f"{k.decode()}: {v.decode()}\r\n" for k, v in headers())
TOLD = PoolState(Amounts(50, 30_000, 8_000), Amounts(49, 29_000, 8_000))


async def test_an_answer_carries_what_was_said(wired) -> None:
    """With the reply, once; it is no part of the reply."""
    here = await wired(sends(head(more=SAID), chunk(REPLY), chunk(b"")))
    step = await here.answers()
    assert step.pool == TOLD
    here.server.talk = sends(head(), chunk(REPLY), chunk(b""))
    plain = await here.answers()
    assert plain.pool is None
    assert plain == step


async def test_a_refusal_carries_what_was_said(wired) -> None:
    """A rate limit says most of all; one for growing too fast is told apart."""
    code = b'{"error_code": "ramp_limit_exceeded"}'
    error = b'{"type": "rate_limit_error", "message": "No.", "details": %s}' % code
    body = b'{"type": "error", "error": %s}' % error
    more = f"retry-after: 7\r\n{SAID}"
    told = head(429, "application/json", more)
    here = await wired(sends(told, chunk(body), chunk(b"")))
    failure = await here.fails()
    assert (failure.kind, failure.retry_after_s) == ("ramp_limited", 7)
    assert failure.pool == TOLD
