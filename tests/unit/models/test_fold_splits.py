"""How the network cuts a stream into pieces makes no difference."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.models.event_streams import (
    REPLY,
    block,
    end,
    event,
    folded,
    start,
    text,
    tool_use,
)

from mainstay.models.fold import StreamFold

THOUGHT = {"type": "thinking", "thinking": "", "signature": ""}
STREAM = (
    start(input_tokens=12)
    + event("ping")
    + block(0, dict(THOUGHT), {"type": "thinking_delta", "thinking": "Hm… 🤔"})
    + text(1, "Grüße, ", "here… ", "the 🚚:\r\n\n", 'data: {"type"}', "\\u00e9")
    + tool_use(2, '{"note": "“', '🚚”\\n"', "}")
    + end("tool_use", output_tokens=40)
)


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Return the data cut at the places given."""
    edges = [0, *sorted(cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def fed(parts: Sequence[bytes]) -> tuple[StreamFold, str]:
    """Return a fold that was fed the parts, and the text it gave out."""
    fold = StreamFold()
    return fold, "".join(text for part in parts for text in fold.feed(part))


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_cuts_change_nothing(cuts):
    """Cut at any bytes, also inside a character, the response is the same."""
    fold, heard = fed(pieces(STREAM, cuts))
    assert fold.outcome() == folded(STREAM)
    assert heard == folded(STREAM).text


def test_single_bytes_change_nothing():
    """Byte by byte the response is the same, with either kind of line end."""
    for stream in (STREAM, STREAM.replace(b"\n", b"\r\n")):
        fold, _ = fed([stream[i : i + 1] for i in range(len(stream))])
        assert fold.outcome() == folded(STREAM)


@given(st.lists(st.integers(0, len(STREAM) - 1), max_size=30))
def test_every_prefix_is_incomplete(cuts):
    """A stream that ends anywhere before its last byte is no response."""
    for cut in cuts:
        fold, heard = fed([STREAM[:cut]])
        assert not fold.ended
        assert getattr(fold.outcome(), "kind", None) == "incomplete"
        assert folded(STREAM).text.startswith(heard.strip())


@given(st.lists(st.binary(max_size=200), max_size=5), st.booleans())
def test_no_bytes_raise(parts, begun):
    """Whatever comes, the fold ends in a response or a failure."""
    fold, _ = fed([start() if begun else b"", *parts, b"\n\n", REPLY])
    assert fold.outcome() is not None


MEMBERS = ("index", "delta", "content_block", "message", "usage", "error")
TYPES = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
    "new",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    7,
    -1,
    "text",
    [],
    [1],
    {},
    {"type": "text"},
    {"type": "text", "text": 1},
    {"type": "tool_use"},
    {"type": "text", "text": "", "citations": 5},
    {"type": "text_delta", "text": "a"},
    {"type": "signature_delta", "signature": "a"},
    {"type": "citations_delta"},
    {"type": "input_json_delta", "partial_json": "]"},
    {"model": "m", "usage": {"input_tokens": "1"}},
    {"stop_reason": "max_tokens"},
    {"type": 5, "message": {}, "details": []},
)
EVENTS = st.tuples(
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(MEMBERS), st.sampled_from(VALUES)),
)


@given(st.lists(EVENTS, max_size=6))
def test_no_event_raises(events):
    """Events with anything in them end in a response or a failure."""
    stream = b"".join(event(name, **members) for name, members in events)
    fold, _ = fed([start(), text(0, "Hi"), stream, end()])
    assert fold.outcome() is not None
