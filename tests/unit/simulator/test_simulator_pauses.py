"""Replies that end before their end: paused, out of tokens, or broken at an event."""

import json
from typing import Any

import pytest

QUESTION = {"role": "user", "content": "Hello, who are you?"}
REFUND = {"tool_use": [{"name": "refund_order", "input": {"order_id": "1042"}}]}


def text_of(message: dict[str, Any]) -> str:
    """Return the text of a message."""
    return "".join(b["text"] for b in message["content"] if b["type"] == "text")


async def test_a_paused_reply_goes_on_where_it_stopped(sim) -> None:
    """Each half comes once, also when it pauses twice."""
    whole = text_of(await sim.said(messages=[QUESTION]))
    await sim.control("PUT", "/faults", {"*": {"stop_reason": "pause_turn"}})
    said: list[Any] = []
    for _ in range(2):
        back = [{"role": "assistant", "content": list(said)}] if said else []
        paused = await sim.said(messages=[QUESTION, *back])
        assert paused["stop_reason"] == "pause_turn"
        said += paused["content"]
    await sim.control("DELETE", "/faults")
    last = await sim.said(messages=[QUESTION, {"role": "assistant", "content": said}])
    assert last["stop_reason"] == "end_turn"
    assert text_of({"content": said}) + text_of(last) == whole


async def test_only_what_was_paused_is_no_prefill(sim) -> None:
    """A last message of the assistant that was never paused is refused as ever."""
    made_up = {"role": "assistant", "content": "Hello! How"}
    told = await sim.refused(messages=[QUESTION, made_up])
    assert "prefill" in told


async def test_a_call_comes_after_the_pause(sim, shop_tools) -> None:
    """A plan with a call is paused before it, and the call follows."""
    asked = {"role": "user", "content": "I want a refund for order 1042"}
    fault = {"stop_reason": "pause_turn", "times": 1}
    await sim.control("PUT", "/faults", {"*": fault})
    paused = await sim.said(messages=[asked], tools=shop_tools)
    assert text_of(paused)
    assert all(block["type"] != "tool_use" for block in paused["content"])
    back = {"role": "assistant", "content": paused["content"]}
    rest = await sim.said(messages=[asked, back], tools=shop_tools)
    assert rest["stop_reason"] == "tool_use"


@pytest.mark.parametrize("reply", [REFUND, {"text": "It is on its way to you."}])
async def test_tokens_run_out_inside_the_last_block(sim, shop_tools, reply) -> None:
    """The reply says so, and its last block is not whole."""
    await sim.control("PUT", "/script", {"*": [reply, reply]})
    whole = await sim.said(tools=shop_tools)
    await sim.control("PUT", "/faults", {"*": {"stop_reason": "max_tokens"}})
    short = await sim.said(tools=shop_tools)
    assert short["stop_reason"] == "max_tokens"
    assert short["usage"]["output_tokens"] < whole["usage"]["output_tokens"]
    assert json.dumps(short["content"][-1]) != json.dumps(whole["content"][-1])


@pytest.mark.parametrize("how", ["end_without_stop", "broken_json"])
async def test_a_stream_breaks_at_the_event_that_is_told(sim, how) -> None:
    """``broken_after`` events come whole; what is broken follows them, if anything."""
    for events in (0, 1, 3):
        fault = {how: True, "broken_after": events}
        await sim.control("PUT", "/faults", {"*": fault})
        body = (await sim.post(stream=True)).text
        assert body.count("event: ") == events + (how == "broken_json")
        assert "message_stop" not in body


async def test_an_error_event_has_its_code(sim) -> None:
    """Inside a stream as in an answer of its own."""
    fault = {"error_event": "rate_limit_error", "error_code": "ramp_limit_exceeded"}
    await sim.control("PUT", "/faults", {"*": fault})
    for stream in (True, False):
        assert (
            '"error_code": "ramp_limit_exceeded"'
            in (await sim.post(stream=stream)).text
        )
