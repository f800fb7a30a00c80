"""Replies as the official SDK reads them."""

import json
import time
from typing import Any

import httpx2
import pytest

from mainstay.simulator.options import Options
from mainstay.simulator.server import running

SONNET = "claude-sonnet-5-5"
HELLO = [{"role": "user", "content": "Hello"}]
QUESTION = [{"role": "user", "content": "Where is order 1042?"}]


def params(**more: Any) -> dict:
    """Return the parameters of a plain call."""
    return {"model": SONNET, "max_tokens": 500, "messages": HELLO, **more}


async def raw(claude, **more: Any) -> list[tuple[str, dict]]:
    """Return the events of a stream, read as bytes."""
    body = b""
    async with claude.messages.with_streaming_response.create(
        stream=True, **params(**more)
    ) as response:
        async for part in response.iter_bytes():
            body += part
    events = []
    for frame in body.decode().strip().split("\n\n"):
        name, data = frame.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data[6:])))
    return events


async def test_a_text_streams_in_pieces(claude):
    """messages.stream assembles the text that messages.create returns whole."""
    async with claude.messages.stream(**params()) as stream:
        pieces = [piece async for piece in stream.text_stream]
        message = await stream.get_final_message()
    whole = await claude.messages.create(**params())
    assert len(pieces) > 3
    assert "".join(pieces) == message.content[-1].text == whole.content[-1].text
    assert (message.stop_reason, message.model) == ("end_turn", SONNET)
    assert message.usage.output_tokens == whole.usage.output_tokens > 3


async def test_the_raw_events_come_in_the_published_order(claude, shop_tools):
    """https://platform.claude.com/docs/en/build-with-claude/streaming."""
    events = await raw(
        claude,
        tools=shop_tools,
        messages=QUESTION,
        thinking={"type": "between_tools"},
    )
    names = [name for name, _ in events]
    assert names[:3] == ["message_start", "content_block_start", "ping"]
    assert names[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert all(data["type"] == name for name, data in events)
    deltas = [d["delta"]["type"] for n, d in events if n == "content_block_delta"]
    kinds = list(dict.fromkeys(deltas))
    assert kinds == ["thinking_delta", "signature_delta", "input_json_delta"]
    started = events[0][1]["message"]
    assert (started["content"], started["stop_reason"]) == ([], None)
    assert events[-2][1]["delta"]["stop_reason"] == "tool_use"
    assert events[-2][1]["usage"]["output_tokens"] > 1


async def test_the_input_of_a_call_streams_in_pieces(claude, shop_tools):
    """input_json_delta pieces make up the tool's input."""
    events = await raw(claude, tools=shop_tools, messages=QUESTION)
    deltas = [d["delta"] for n, d in events if n == "content_block_delta"]
    pieces = [d["partial_json"] for d in deltas if d["type"] == "input_json_delta"]
    assert len(pieces) > 2
    assert json.loads("".join(pieces)) == {"order_id": "1042"}


async def test_a_tool_loop_ends_in_an_answer_from_the_result(claude, shop_tools):
    """The SDK's usual loop: call, result, answer; blocks go back as they came."""
    messages = list(QUESTION)
    thinking = {"type": "between_tools"}
    call = await claude.messages.create(
        **params(messages=messages, tools=shop_tools, thinking=thinking)
    )
    assert call.stop_reason == "tool_use"
    use = call.content[-1]
    found = json.dumps({"order_id": "1042", "status": "shipped", "tracking": "ZX9"})
    block = {"type": "tool_result", "tool_use_id": use.id, "content": found}
    messages += [call.to_param(), {"role": "user", "content": [block]}]
    async with claude.messages.stream(
        **params(messages=messages, tools=shop_tools, thinking=thinking)
    ) as stream:
        answer = await stream.get_final_text()
    assert "1042" in answer
    assert "shipped" in answer
    assert "ZX9" in answer


async def test_max_tokens_cuts_the_reply(claude, shop_tools):
    """stop_reason max_tokens; a call that is cut has no whole JSON."""
    message = await claude.messages.create(
        **params(max_tokens=3, thinking={"type": "between_tools"})
    )
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 3
    events = await raw(claude, tools=shop_tools, messages=QUESTION, max_tokens=1)
    deltas = [d["delta"] for n, d in events if n == "content_block_delta"]
    text = "".join(d.get("partial_json", "") for d in deltas)
    assert events[-2][1]["delta"]["stop_reason"] == "max_tokens"
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)


async def test_a_stop_sequence_ends_the_reply(claude):
    """stop_reason stop_sequence names the sequence."""
    message = await claude.messages.create(**params(stop_sequences=["help"]))
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "help")
    assert "help" not in message.content[-1].text


async def test_rate_headers_count_down_for_each_line(claude):
    """anthropic-ratelimit-*: Sonnet and Haiku have pools of their own."""

    async def left(model: str) -> tuple[int, int, int]:
        create = claude.messages.with_raw_response.create
        headers = (await create(**params(model=model))).headers
        names = ("requests", "input-tokens", "output-tokens")
        assert all(f"anthropic-ratelimit-{n}-reset" in headers for n in names)
        assert all(int(headers[f"anthropic-ratelimit-{n}-limit"]) for n in names)
        kept = [int(headers[f"anthropic-ratelimit-{n}-remaining"]) for n in names]
        return kept[0], kept[1], kept[2]

    first = await left(SONNET)
    second = await left(SONNET)
    assert (await left("claude-haiku-5-5"))[0] == first[0]
    assert second[0] <= first[0]
    assert second[2] < 100_000_000


async def test_a_pace_spreads_the_stream_over_time():
    """With a pace, the pieces arrive one by one."""
    body = {"model": SONNET, "max_tokens": 500, "messages": HELLO, "stream": True}
    headers = {"x-api-key": "any", "anthropic-version": "2026-10-21"}
    async with (
        running(Options(pace_s=0.005)) as url,
        httpx2.AsyncClient(base_url=url, headers=headers) as client,
        client.stream("POST", "/v1/messages", json=body) as response,
    ):
        arrivals = [time.perf_counter() async for _ in response.aiter_bytes()]
    assert len(arrivals) > 8
    assert arrivals[-1] - arrivals[0] > 0.03
