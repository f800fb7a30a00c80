"""Each fault, as the official SDK shows it."""

import asyncio
import json
import time
from typing import Any

import anthropic  # the SDK is the witness
import httpx2
import pytest

SONNET = "claude-sonnet-5-5"
HAIKU = "claude-haiku-5-5"
HELLO = [{"role": "user", "content": "Hello"}]


def params(**more: Any) -> dict:
    """Return the parameters of a plain call."""
    return {"model": SONNET, "max_tokens": 500, "messages": HELLO, **more}


async def streamed(claude, **more: Any) -> list:
    """Return all events of a stream."""
    return [
        event
        async for event in await claude.messages.create(stream=True, **params(**more))
    ]


@pytest.mark.parametrize(
    ("status", "error", "type_"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (402, anthropic.APIStatusError, "billing_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (408, anthropic.APIStatusError, "invalid_request_error"),
        (409, anthropic.ConflictError, "invalid_request_error"),
        (413, anthropic.APIStatusError, "request_too_large"),
        (422, anthropic.UnprocessableEntityError, "invalid_request_error"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (503, anthropic.InternalServerError, "api_error"),
        (504, anthropic.InternalServerError, "timeout_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
async def test_a_status(claude, set_faults, status, error, type_):
    """A status comes with its own error type, streaming or not."""
    await set_faults(all={"status": status})
    for stream in (False, True):
        with pytest.raises(error) as caught:
            await claude.messages.create(stream=stream, **params())
        assert (caught.value.status_code, caught.value.type) == (status, type_)
        assert caught.value.request_id.startswith("req_")


async def test_a_429_tells_when_to_come_back_and_why(claude, set_faults):
    """retry-after and error.details.error_code reach the SDK's error."""
    await set_faults(
        all={"status": 429, "retry_after": 7, "error_code": "ramp_limit_exceeded"}
    )
    with pytest.raises(anthropic.RateLimitError) as caught:
        await claude.messages.create(**params())
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.error_code == "ramp_limit_exceeded"
    assert "anthropic-ratelimit-requests-remaining" in caught.value.response.headers


async def test_headers_can_be_set(claude, set_faults):
    """A low rate budget can be shown on good answers."""
    name = "anthropic-ratelimit-requests-remaining"
    await set_faults(all={"headers": {name: "1"}})
    response = await claude.messages.with_raw_response.create(**params())
    assert response.headers[name] == "1"


async def test_latency(claude, set_faults):
    """The first byte comes late."""
    await set_faults(all={"latency_s": 0.2})
    started = time.perf_counter()
    await claude.messages.create(**params())
    assert time.perf_counter() - started >= 0.2


async def test_a_client_that_gives_up_ends_the_wait(claude, set_faults, address):
    """A call whose client hung up is closed at once and logged as 499."""
    await set_faults(all={"latency_s": 3_000})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await claude.messages.create(**params())
    async with httpx2.AsyncClient(base_url=address) as client:
        async with asyncio.timeout(5):
            while (await client.get("/calls")).json()["calls"][0]["status"] != 499:
                pass


async def test_slow_tokens(claude, set_faults):
    """Pieces trickle: every event waits, and none is lost."""
    await set_faults(all={"slow_tokens_s": 0.02})
    started = time.perf_counter()
    events = await streamed(claude)
    assert time.perf_counter() - started > 0.02 * len(events)
    assert events[-1].type == "message_stop"


@pytest.mark.parametrize("events", [0, 1, 4])
async def test_a_cut_stream_breaks_the_connection(claude, set_faults, events):
    """The body ends in the middle: a raw transport error, not an APIError."""
    await set_faults(all={"cut_stream_after": events})
    with pytest.raises(httpx2.RemoteProtocolError) as caught:
        await streamed(claude)
    assert "incomplete chunked read" in str(caught.value)


async def test_a_cut_answer_breaks_the_connection(claude, set_faults):
    """Without streaming, the announced length never arrives."""
    await set_faults(all={"cut_stream_after": 1})
    with pytest.raises(anthropic.APIConnectionError):
        await claude.messages.create(**params())


async def test_an_end_without_stop_is_no_error_to_the_sdk(claude, set_faults):
    """Half a text, no message_stop, no exception: clients must look themselves."""
    await set_faults(all={"end_without_stop": True})
    events = await streamed(claude)
    kinds = {event.type for event in events}
    assert "content_block_delta" in kinds
    assert not kinds & {"message_delta", "message_stop"}
    async with claude.messages.stream(**params()) as stream:
        message = await stream.get_final_message()
    assert message.stop_reason is None


async def test_broken_json_with_a_200(claude, set_faults):
    """A raw JSONDecodeError, streaming or not."""
    await set_faults(all={"broken_json": True})
    with pytest.raises(json.JSONDecodeError):
        await claude.messages.create(**params())
    with pytest.raises(json.JSONDecodeError):
        await streamed(claude)


async def test_pings_only(claude, set_faults, address):
    """The stream opens and stays alive, but nothing is ever said."""
    await set_faults(all={"pings_only": True, "ping_every_s": 0.01})
    seen = b""
    headers = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
    async with (
        httpx2.AsyncClient(base_url=address, headers=headers) as client,
        client.stream("POST", "/v1/messages", json=params(stream=True)) as response,
    ):
        async for part in response.aiter_bytes():
            seen += part
            if seen.count(b"event: ping") == 3:
                break
    assert b"message_start" in seen
    assert b"content_block_delta" not in seen
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await streamed(claude)


async def test_an_error_event_after_the_200(claude, set_faults):
    """An APIStatusError whose status is 200 and whose type tells the cause."""
    await set_faults(all={"error_event": "overloaded_error", "error_after": 4})
    stream = await claude.messages.create(stream=True, **params())
    seen = [await anext(stream) for _ in range(3)]
    with pytest.raises(anthropic.APIStatusError) as caught:
        await anext(stream)
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    assert [event.index for event in seen[1:]] == [0, 0]
    with pytest.raises(anthropic.InternalServerError):
        await claude.messages.create(**params())


@pytest.mark.parametrize("reason", ["refusal", "pause_turn"])
async def test_an_unusual_stop_reason(claude, set_faults, reason):
    """Refusals and pauses are good answers with a stop_reason of their own."""
    await set_faults(all={"stop_reason": reason})
    message = await claude.messages.create(**params())
    assert message.stop_reason == reason


async def test_a_fault_of_one_model_leaves_the_others_alone(claude, set_faults):
    """The primary fails, the fallback answers."""
    await set_faults(**{SONNET: {"status": 529}})
    with pytest.raises(anthropic.InternalServerError):
        await claude.messages.create(**params())
    await claude.messages.create(**params(model=HAIKU))


async def test_a_fault_heals_after_its_times(claude, set_faults):
    """``times: 2`` strikes twice."""
    await set_faults(all={"status": 500, "times": 2})
    for _ in range(2):
        with pytest.raises(anthropic.InternalServerError):
            await claude.messages.create(**params())
    await claude.messages.create(**params())


async def test_a_share_of_the_calls(claude, set_faults):
    """``probability: 0.5`` strikes every second call, not some by chance."""
    await set_faults(all={"status": 500, "probability": 0.5})
    failed = []
    for _ in range(6):
        try:
            await claude.messages.create(**params())
        except anthropic.InternalServerError:
            failed.append(True)
        else:
            failed.append(False)
    assert failed == [False, True] * 3


async def test_a_refund_succeeds_and_then_the_model_fails(
    claude, set_faults, shop_tools
):
    """``after_tool`` strikes only once the history holds a tool's result."""
    await set_faults(all={"status": 529, "when": "after_tool"})
    messages = [{"role": "user", "content": "Refund 5.00 of order 1042"}]
    call = await claude.messages.create(**params(messages=messages, tools=shop_tools))
    use = call.content[-1]
    assert (use.name, use.input) == (
        "refund_order",
        {"order_id": "1042", "amount": "5.00"},
    )
    block = {"type": "tool_result", "tool_use_id": use.id, "content": "{}"}
    messages += [call.to_param(), {"role": "user", "content": [block]}]
    with pytest.raises(anthropic.InternalServerError):
        await claude.messages.create(**params(messages=messages, tools=shop_tools))
    await set_faults(all={"status": 529, "when": "before_tool"})
    await claude.messages.create(**params(messages=messages, tools=shop_tools))


async def test_a_bad_request_is_refused_before_any_fault(claude, set_faults):
    """Faults do not hide a client's own mistakes."""
    await set_faults(all={"status": 529})
    with pytest.raises(anthropic.BadRequestError):
        await claude.messages.create(**params(messages=[]))
