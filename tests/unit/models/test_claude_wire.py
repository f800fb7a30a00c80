"""What the Claude adapter sends over the wire, and how it takes what comes back."""

import asyncio
import gzip
import json

import anthropic
import pytest
from tests.unit.models.event_streams import (
    REPLY,
    asked,
    end,
    event,
    opened,
    start,
    text,
    tool_use,
)
from tests.unit.models.wire_server import (
    chunk,
    head,
    sends,
    streams,
)

from mainstay.domain.step import ModelStep
from mainstay.models.claude import ClaudeModel
from mainstay.testing.clock import ManualClock
from mainstay.testing.secret import GivenSecret


async def test_the_request_is_the_sdks(wired):
    """Key, version and path are what the SDK sends; the body is ours; no retry."""
    here = await wired(streams(REPLY), key="sk-test")
    assert (await here.answers(system="Help.")).text == "Good morning."
    [(request, body)] = here.server.requests
    lines = request.lower().split("\r\n")
    assert lines[0] == "post /v1/messages http/1.1"
    assert "authorization: bearer sk-test" in lines
    assert "content-type: application/json" in lines
    assert any(line.startswith("anthropic-version: 20") for line in lines)
    assert any(line.startswith("user-agent: asyncanthropic") for line in lines)
    assert json.loads(body)["system"][0]["text"] == "Help."


async def test_the_address_may_have_a_path(wired):
    """A gateway behind a path is called behind it, with or without a slash."""
    here = await wired(streams(REPLY))
    for base in ("/claude", "/claude/"):
        model = ClaudeModel(
            GivenSecret("key"), here.server.address + base, ManualClock()
        )
        assert isinstance(await model.call(asked(), print), ModelStep)
        await model.close()
    paths = {request.split(" ")[1] for request, _ in here.server.requests}
    assert paths == {"/claude/v1/messages"}


async def test_connections_are_kept(wired):
    """Calls one after the other use one connection."""
    here = await wired(streams(REPLY))
    for _ in range(5):
        await here.answers()
    assert here.server.connections == 1


async def test_a_late_end_of_the_body_keeps_the_connection(wired):
    """The end of the body may follow the reply in a packet of its own."""

    async def talk(writer: asyncio.StreamWriter) -> None:
        writer.write(head() + chunk(REPLY))
        await writer.drain()
        await asyncio.sleep(0.005)
        writer.write(chunk(b""))

    here = await wired(talk)
    for _ in range(3):
        await here.answers()
    assert here.server.connections == 1


async def test_a_compressed_reply_is_read(wired):
    """A proxy may compress the stream."""
    more = "content-encoding: gzip\r\n"
    body = gzip.compress(REPLY)
    here = await wired(sends(head(more=more), chunk(body), chunk(b"")))
    assert (await here.answers()).text == "Good morning."


async def test_a_badly_compressed_reply_is_garbled(wired):
    """What cannot be decompressed is no reply."""
    more = "content-encoding: gzip\r\n"
    here = await wired(sends(head(more=more), chunk(REPLY), chunk(b"")))
    assert (await here.fails()).kind == "garbled"


@pytest.mark.parametrize("content_type", ["application/json", "text/html", ""])
async def test_a_200_that_is_no_stream_is_garbled(wired, content_type):
    """A proxy's page, or a reply in one piece, is not what was asked for."""
    here = await wired(sends(head(200, content_type), chunk(REPLY), chunk(b"")))
    assert (await here.fails()).kind == "garbled"


async def test_retry_after_may_be_a_date(wired):
    """A date is counted from the clock that was given."""
    more = "retry-after: Tue, 14 Nov 2023 22:13:50 GMT\r\n"
    body = b'{"type": "error", "error": {"type": "rate_limit_error"}}'
    answer = head(429, "application/json", more), chunk(body), chunk(b"")
    failure = await (await wired(sends(*answer))).fails()
    assert (failure.kind, failure.status) == ("rate_limited", 429)
    assert failure.retry_after_s == pytest.approx(30.0)


async def test_an_error_is_asked_for_once(wired):
    """The SDK's own retries are off: the ladder has the only retry loop."""
    body = chunk(b"no JSON") + chunk(b"")
    here = await wired(sends(head(500, "text/plain", "retry-after: 0\r\n"), body))
    assert (await here.fails()).kind == "server"
    assert len(here.server.requests) == 1


@pytest.mark.parametrize("key", ["", "schlüssel", "two\nlines"])
async def test_a_key_that_no_header_can_hold_is_refused(wired, key):
    """Such a key is a wrong key: nothing is sent, and nothing raised."""
    here = await wired(streams(REPLY), key=key)
    assert (await here.fails()).kind == "auth"
    assert here.server.requests == []


async def test_a_text_that_is_no_unicode_is_refused(wired):
    """Half a surrogate pair cannot be sent; nothing is raised."""
    here = await wired(streams(REPLY))
    messages = [{"role": "user", "content": "\ud83d"}]
    assert (await here.fails(messages=messages)).kind == "invalid"


async def test_the_fold_agrees_with_the_sdk(wired):
    """The same stream, read by the SDK, holds the same message."""
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    deltas = [
        {"type": "thinking_delta", "thinking": "Hm…"},
        {"type": "signature_delta", "signature": "c2ln"},
    ]
    usage = {"input_tokens": 5, "output_tokens": 1, "cache_read_input_tokens": 3}
    stream = (
        start(**usage).replace(b'"content"', b'"role":"assistant","content"')
        + opened(0, thought, *deltas)
        + event("content_block_stop", index=0)
        + text(1, "Let me ", "look: ", "ü🚚")
        + tool_use(2, '{"id": "10', '42", "deep": [1, {"a": null}]}')
        + end("tool_use", output_tokens=17)
    )
    here = await wired(streams(stream))
    step = await here.answers()
    async with (
        anthropic.AsyncAnthropic(
            api_key="key", base_url=here.server.address, max_retries=0
        ) as client,
        client.messages.stream(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "?"}]
        ) as reading,
    ):
        message = await reading.get_final_message()
    theirs = [block.to_dict(exclude_unset=True) for block in message.content]
    assert list(step.content) == theirs
    assert step.stop_reason == message.stop_reason
    assert step.usage.output_tokens == message.usage.output_tokens
    assert step.usage.cache_read_tokens == message.usage.cache_read_input_tokens
