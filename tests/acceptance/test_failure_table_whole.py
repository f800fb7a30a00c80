"""The failure table for who does not stream: the plain SDK before the stand-in."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import anthropic
import pytest
from tests.acceptance.failure_rows import SPEND_WORDS, TOO_LONG
from tests.acceptance.server import PRIMARY, StandIn

from mainstay.domain.model_call import FailureKind
from mainstay.models.broken import expected, of_exception

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RAMP, SPENT = "ramp_limit_exceeded", "enforced_spend_limit_reached"
REFUND = {"tool_use": [{"name": "refund_order", "input": {"order_id": "1042"}}]}
TOOL = {
    "name": "refund_order",
    "description": "Refund an order.",
    "input_schema": {"type": "object", "properties": {"order_id": {"type": "string"}}},
}

KINDS: list[tuple[dict[str, Any], FailureKind]] = [
    ({"status": 400}, "invalid"),
    ({"status": 422}, "invalid"),
    ({"status": 413}, "too_long"),
    ({"status": 400, "message": TOO_LONG}, "too_long"),
    ({"status": 401}, "auth"),
    ({"status": 402}, "auth"),
    ({"status": 403}, "auth"),
    ({"status": 404}, "model_gone"),
    ({"status": 408}, "server"),
    ({"status": 409}, "conflict"),
    ({"status": 429, "retry_after": 7}, "rate_limited"),
    ({"status": 429, "error_code": RAMP, "retry_after": 7}, "ramp_limited"),
    ({"status": 429, "error_code": SPENT}, "spent"),
    ({"status": 400, "message": SPEND_WORDS}, "spent"),
    ({"status": 500}, "server"),
    ({"status": 502}, "server"),
    ({"status": 503}, "server"),
    ({"status": 504}, "server"),
    ({"status": 529}, "overloaded"),
    ({"error_event": "overloaded_error"}, "overloaded"),
    ({"error_event": "api_error"}, "server"),
    ({"error_event": "timeout_error"}, "server"),
    ({"error_event": "rate_limit_error"}, "rate_limited"),
    ({"error_event": "rate_limit_error", "error_code": SPENT}, "spent"),
    ({"error_event": "not_found_error"}, "model_gone"),
    ({"cut_stream_after": 0}, "cut"),
    ({"cut_stream_after": 6}, "cut"),
    ({"end_without_stop": True}, "cut"),
    ({"broken_json": True}, "garbled"),
    ({"pings_only": True}, "slow"),
    ({"latency_s": 5}, "slow"),
]


@pytest.fixture
async def claude(stand_in: StandIn) -> AsyncIterator[anthropic.AsyncAnthropic]:
    """Give the official SDK, which neither retries nor waits for long."""
    async with anthropic.AsyncAnthropic(
        api_key="any", base_url=stand_in.address, max_retries=0, timeout=0.5
    ) as client:
        yield client


async def asked(claude: anthropic.AsyncAnthropic, *later: Any) -> Any:
    """Return the whole answer to a question, or to what came after it."""
    question = {"role": "user", "content": "Hello, who are you?"}
    return await claude.messages.create(
        model=PRIMARY,
        max_tokens=500,
        messages=[question, *later],
        tools=[TOOL],  # type: ignore[list-item]
    )


def text_of(answer: Any) -> str:
    """Return the text of an answer."""
    return "".join(block.text for block in answer.content if block.type == "text")


@pytest.mark.parametrize(
    ("fault", "kind"), KINDS, ids=[json.dumps(fault) for fault, _ in KINDS]
)
async def test_each_failure_has_its_kind_without_a_stream(
    claude: anthropic.AsyncAnthropic,
    stand_in: StandIn,
    fault: dict[str, Any],
    kind: FailureKind,
) -> None:
    """What the SDK raises is expected, is read as its kind, and was one call."""
    stand_in.fail(primary=fault)
    with pytest.raises(expected()) as raised:
        await asked(claude)
    failure = of_exception(raised.value, NOW)
    assert failure.kind == kind
    assert failure.retry_after_s == fault.get("retry_after")
    assert stand_in.control("GET", "/calls")["total"] == 1


async def test_a_refusal_is_an_answer(
    claude: anthropic.AsyncAnthropic, stand_in: StandIn
) -> None:
    """It comes as a 200 whose stop reason says so."""
    stand_in.fail(primary={"stop_reason": "refusal"})
    assert (await asked(claude)).stop_reason == "refusal"


async def test_a_pause_is_resumed_with_what_was_said(
    claude: anthropic.AsyncAnthropic, stand_in: StandIn
) -> None:
    """Sent back as it is, it is continued: both halves are the whole."""
    whole = text_of(await asked(claude))
    stand_in.fail(primary={"stop_reason": "pause_turn", "times": 1})
    first = await asked(claude)
    assert first.stop_reason == "pause_turn"
    said = [block.model_dump(exclude_none=True) for block in first.content]
    rest = await asked(claude, {"role": "assistant", "content": said})
    assert text_of(first) + text_of(rest) == whole
    with pytest.raises(anthropic.BadRequestError, match="prefill"):
        await asked(claude, {"role": "assistant", "content": "Never said"})


async def test_a_call_that_ran_out_of_tokens_has_no_arguments(
    claude: anthropic.AsyncAnthropic, stand_in: StandIn
) -> None:
    """The limit is inside the call: the API returns no half of its input."""
    stand_in.control("PUT", "/script", {PRIMARY: [REFUND]})
    stand_in.fail(primary={"stop_reason": "max_tokens"})
    answer = await asked(claude)
    assert answer.stop_reason == "max_tokens"
    assert answer.content[-1].type == "tool_use"
    assert answer.content[-1].input == {}


async def test_calls_are_logged_with_their_time(
    claude: anthropic.AsyncAnthropic, stand_in: StandIn
) -> None:
    """Milliseconds, so that the pause between two calls can be read."""
    await asked(claude)
    stand_in.fail(primary={"latency_s": 0.1})
    await asked(claude)
    await asked(claude)
    times = [call["at_ms"] for call in stand_in.control("GET", "/calls")["calls"]]
    assert times == sorted(times)
    assert 90 <= times[2] - times[1] < 5000
