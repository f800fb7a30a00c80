"""Frames of an AWS event stream become events, however they are cut."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstay.models.aws_frames import AwsFrames
from mainstay.simulator.clouds.aws_frames import chunk_frame, exception_frame, frame

EVENTS = [b'{"type":"message_start"}', '{"text":"“🚚”"}'.encode(), b"{}"]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=12))
def test_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    """The same events come out, each when its frame is complete."""
    data = b"".join(chunk_frame(event) for event in EVENTS)
    frames, found, start = AwsFrames(), list[bytes](), 0
    for cut in [*cuts, len(data)]:
        found += frames.cut(data[start : start + cut])
        start += cut
    assert found == EVENTS


def test_an_exception_is_an_error_event() -> None:
    """Of the Messages API's type; one that nobody knows is the server's fault."""
    frames = AwsFrames()
    told = [
        json.loads(frames.cut(exception_frame(name, "words"))[0])["error"]["type"]
        for name in ("throttlingException", "modelTimeoutException", "newException")
    ]
    assert told == ["rate_limit_error", "timeout_error", "api_error"]


def test_other_frames_carry_nothing() -> None:
    """An event that is no chunk, as a trace may be."""
    headers = {":message-type": "event", ":event-type": "trace"}
    assert AwsFrames().cut(frame(headers, b"{}")) == [b""]


@pytest.mark.parametrize("at", [3, 9, 20, -2])
def test_a_damaged_frame_is_told(at: int) -> None:
    """By its sums, as the fault that the fold expects."""
    data = bytearray(chunk_frame(EVENTS[0]))
    data[at] ^= 0xFF
    frames = AwsFrames()
    with pytest.raises(ValueError, match=r"^\w+$"):
        frames.cut(bytes(data))
