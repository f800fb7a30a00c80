"""The adapter of clouds before a server that says what a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.unit.models.event_streams import MODEL, REPLY, asked, start
from tests.unit.models.wire_server import WireServer, chunk, head, sends, serving

from mainstay.domain.model_call import FailureKind, ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep, Usage
from mainstay.models.bedrock import bedrock
from mainstay.models.cloud import CloudModel
from mainstay.models.vertex import vertex
from mainstay.simulator.clouds.aws_frames import chunk_frame
from mainstay.testing.clock import ManualClock

FRAMES = "application/vnd.amazon.eventstream"
CLOUD_ID = "eu.anthropic.claude-sonnet-5-5-v1:0"


def frames(stream: bytes) -> bytes:
    """Return server-sent events as AWS' frames."""
    events = (one.partition(b"data: ")[2] for one in stream.split(b"\n\n"))
    return b"".join(chunk_frame(data) for data in events if data)


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    """Run a server that streams a reply in frames."""
    reply = REPLY.replace(MODEL.encode(), b"what-the-cloud-calls-it")
    talk = sends(head(content_type=FRAMES), chunk(frames(reply)), chunk(b""))
    async with serving(talk) as one:
        yield one


@pytest.fixture
async def model(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudModel]:
    """Give Claude on Bedrock, by a key of Bedrock's own."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-key")
    one = bedrock("eu", server.address, {MODEL: CLOUD_ID}, ManualClock())
    yield one
    await one.close()


async def call(model: CloudModel, **changes: Any) -> ModelOutcome:
    """Make a call."""
    return await model.call(asked(**changes), lambda text: None)


async def fails(model: CloudModel, **changes: Any) -> ModelFailure:
    """Make a call that must fail."""
    outcome = await call(model, **changes)
    assert isinstance(outcome, ModelFailure), outcome
    return outcome


async def test_what_is_sent(model: CloudModel, server: WireServer):
    """The cloud's id is in the path; the body has its version and neither of both."""
    await call(model)
    told, body = server.requests[0]
    path = "/model/eu.anthropic.claude-sonnet-5-5-v1:0/invoke-with-response-stream"
    assert told.startswith(f"POST {path} ")
    assert "Bearer bedrock-key" in told
    data = json.loads(body)
    assert data["anthropic_version"]
    assert not {"model", "stream"} & set(data)


async def test_a_model_goes_by_its_own_name(model: CloudModel):
    """Whatever the cloud calls it: the reply says it, and it is priced by it."""
    step = await call(model)
    assert isinstance(step, ModelStep)
    assert (step.model, step.text) == (MODEL, "Good morning.")


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "Malformed input request", "invalid"),
        (400, "Input is too long for requested model.", "too_long"),
        (403, "You don't have access to the model", "auth"),
        (404, "Could not resolve the foundation model", "model_gone"),
        (424, "The model failed", "server"),
        (429, "Too many requests", "rate_limited"),
        (503, "Bedrock is unable to process your request.", "server"),
    ],
)
async def test_bedrocks_errors(
    model: CloudModel, server: WireServer, status: int, message: str, kind: FailureKind
):
    """By status and words; the words themselves are told to nobody."""
    body = json.dumps({"message": message}).encode()
    server.talk = sends(head(status, "application/json"), chunk(body), chunk(b""))
    failure = await fails(model)
    assert failure.kind == kind
    assert message not in failure.detail


async def test_an_answer_that_is_no_frames(model: CloudModel, server: WireServer):
    """A 200 of another kind, or with damaged frames, is garbled."""
    server.talk = sends(head(), chunk(REPLY), chunk(b""))
    assert (await fails(model)).kind == "garbled"
    broken = frames(REPLY).replace(b"bytes", b"bites", 1)
    server.talk = sends(head(content_type=FRAMES), chunk(broken), chunk(b""))
    assert (await fails(model)).kind == "garbled"


async def test_half_a_character_is_our_fault(model: CloudModel):
    """It cannot be sent."""
    messages = [{"role": "user", "content": "\ud83d"}]
    assert (await fails(model, messages=messages)).kind == "invalid"


async def test_one_call_too_many_is_shed(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
):
    """And a place is free again after a call, also after a cancelled one."""
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-key")
    one = bedrock("eu", server.address, {}, ManualClock(), max_calls=1)
    first = asyncio.create_task(call(one))
    await asyncio.sleep(0)
    assert (await fails(one)).kind == "shed"
    first.cancel()
    await asyncio.wait([first])
    assert isinstance(await call(one), ModelStep)
    await one.close()


async def test_without_credentials_the_provider_is_off(
    server: WireServer, monkeypatch: pytest.MonkeyPatch, tmp_path
):
    """It is a value, as any other end of a call, and nothing was sent."""
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    missing = str(tmp_path / "none.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", missing)
    clock = ManualClock()
    for one in (
        bedrock("us-nowhere-1", server.address, {}, clock),
        vertex("shop", "eu", server.address, {}, clock),
    ):
        assert (await fails(one)).kind == "auth"
        await one.close()
    assert server.requests == []


async def test_what_broke_off_tells_what_it_cost(model: CloudModel, server: WireServer):
    """The prompt was read and is paid, whoever answers in the end."""
    told = frames(start(input_tokens=90, output_tokens=1, cache_read_input_tokens=7))
    for end in (chunk(b""), b""):
        server.talk = sends(head(content_type=FRAMES), chunk(told), end)
        assert (await fails(model)).usage == Usage(90, 1, 7, 0)
    server.talk = sends(head(503, "application/json"), chunk(b"{}"), chunk(b""))
    assert (await fails(model)).usage == Usage()
