"""A stream of events folds into one response, or into the reason why there is none."""

import pytest
from tests.unit.models.event_streams import (
    MODEL,
    REPLY,
    block,
    end,
    event,
    failed,
    folded,
    opened,
    start,
    text,
    tool_use,
)

from mainstay.domain.step import ToolCall, Usage
from mainstay.models.fold import StreamFold

THOUGHT = {"type": "thinking", "thinking": "", "signature": ""}
THINKING = [
    {"type": "thinking_delta", "thinking": "He wants "},
    {"type": "thinking_delta", "thinking": "his order."},
    {"type": "signature_delta", "signature": "c2lnbmVk"},
]


def test_text_comes_in_pieces_and_whole():
    """Each piece of text is given out at once; the response has them joined."""
    fold = StreamFold()
    assert fold.feed(REPLY) == ["Good ", "morning."]
    assert fold.ended
    step = folded(REPLY)
    assert step.model == MODEL
    assert step.content == [{"type": "text", "text": "Good morning."}]
    assert step.stop_reason == "end_turn"


def test_a_tool_call_is_parsed():
    """The pieces of a call's JSON are joined before they are read."""
    stream = start() + tool_use(0, "", '{"id": "10', '42"}') + end("tool_use")
    assert folded(stream).calls == [ToolCall("toolu_1", "look_up", {"id": "1042"})]


def test_a_call_without_arguments_is_a_call():
    """A call that sends no JSON has the empty input it was opened with."""
    stream = start() + tool_use(0, "") + end("tool_use")
    assert folded(stream).calls == [ToolCall("toolu_1", "look_up", {})]


def test_thoughts_are_kept_word_for_word():
    """Thinking, its signature and redacted thinking come out as they must go back."""
    redacted = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    stream = start() + block(0, dict(THOUGHT), *THINKING) + block(1, redacted) + end()
    assert folded(stream).content == [
        {
            "type": "thinking",
            "thinking": "He wants his order.",
            "signature": "c2lnbmVk",
        },
        redacted,
    ]


def test_citations_are_kept():
    """Citations that come as deltas are listed in their text block."""
    cited = {"type": "char_location", "cited_text": "Yes."}
    deltas = [
        {"type": "text_delta", "text": "Yes."},
        {"type": "citations_delta", "citation": cited},
    ]
    opening = {"type": "text", "text": "", "citations": []}
    found = folded(start() + block(0, opening, *deltas) + end()).content
    assert found == [{"type": "text", "text": "Yes.", "citations": [cited]}]


def test_a_server_tool_keeps_its_input():
    """Input comes as JSON for every kind of tool, not only for ours."""
    opening = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "w", "input": {}}
    delta = {"type": "input_json_delta", "partial_json": '{"q": 1}'}
    found = folded(start() + block(0, opening, delta) + end()).content
    assert found == [{**opening, "input": {"q": 1}}]


def test_the_unknown_is_kept_or_ignored():
    """Unknown blocks are kept; unknown events, deltas, fields and pings are ignored."""
    unknown = {"type": "hologram", "data": {"deep": [1]}}
    stream = (
        start()
        + event("ping")
        + event("tomorrow", delta="not a delta", index="not a number")
        + block(0, unknown, {"type": "hologram_delta", "light": 1})
        + b": a comment\n\n"
        + text(1, "Hi")
        + end()
    )
    assert folded(stream).content == [unknown, {"type": "text", "text": "Hi"}]


def test_usage_is_the_newest_of_each_figure():
    """message_delta's figures are cumulative; one it leaves out or nulls stays."""
    stream = (
        start(
            input_tokens=100,
            output_tokens=1,
            cache_read_input_tokens=50,
            cache_creation_input_tokens=7,
        )
        + text(0, "Hi")
        + end(output_tokens=20, input_tokens=None, cache_read_input_tokens=60)
    )
    assert folded(stream).usage == Usage(100, 20, 60, 7)


def test_blocks_keep_their_order():
    """Blocks that grow side by side are sorted by their index."""
    one = opened(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a"})
    late = event("content_block_stop", index=0)
    stream = start() + one + text(1, "b") + late + end()
    assert folded(stream).text == "ab"


@pytest.mark.parametrize("missing", [b"", REPLY[:40], REPLY[:-60]])
def test_a_clean_end_without_message_stop_is_incomplete(missing):
    """However the stream ends, without message_stop it is no response."""
    assert failed(missing).kind == "incomplete"


def test_a_message_must_begin_and_end():
    """A stop without a start, a stop reason or a block's end is no response."""
    bare_stop = event("message_stop")
    unclosed = opened(0, {"type": "text", "text": "Hi"})
    assert failed(text(0, "Hi") + end()).kind == "incomplete"
    assert failed(start() + text(0, "Hi") + bare_stop).kind == "incomplete"
    assert failed(start() + unclosed + end()).kind == "incomplete"


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("overloaded_error", "overloaded"),
        ("api_error", "server"),
        ("rate_limit_error", "rate_limited"),
        ("authentication_error", "auth"),
        ("invalid_request_error", "invalid"),
        ("something_new", "server"),
    ],
)
def test_an_error_event_is_known_by_its_type(type_, kind):
    """An error after the 200 has the kind of its type, whatever came before."""
    error = {"type": type_, "message": "Dear Ada, no."}
    failure = failed(start() + text(0, "Hi") + event("error", error=error) + end())
    assert failure.kind == kind
    assert failure.status == 200
    assert "Ada" not in failure.detail


@pytest.mark.parametrize(
    "bad",
    [
        b"data: {broken\n\n",
        b"data: [1]\n\n",
        b"data: \xff\xfe\n\n",
        event("content_block_delta", index=5, delta={"type": "text_delta"}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": 5}),
        event("content_block_start", index=0, content_block={"type": "text"}),
        event("content_block_start", index=9, content_block={"no": "type"}),
        event("content_block_start", index=9),
        event("message_start", message={"model": None}),
        event("content_block_stop", index=7),
        event("error"),
    ],
)
def test_what_is_not_the_protocol_is_garbled(bad):
    """Broken JSON, and events that cannot be, end the response as garbled."""
    assert failed(start() + text(0, "Hi") + bad + end()).kind == "garbled"


@pytest.mark.parametrize(
    "bad",
    [
        tool_use(0, '{"id": '),
        tool_use(0, "[1]"),
        block(0, {"type": "tool_use", "name": "look_up", "input": {}}),
        block(0, {"type": "tool_use", "id": "toolu_1", "input": {}}),
        block(0, {"type": "text", "text": 5}),
        block(0, {"type": "text", "text": 5}, {"type": "text_delta", "text": "a"}),
    ],
)
def test_a_block_that_cannot_be_used_is_garbled(bad):
    """A call without id, name or an object as input never reaches a tool."""
    assert failed(start() + bad + end("tool_use")).kind == "garbled"


@pytest.mark.parametrize("pieces", [['{"id": "10'], [], ['{"id": "1042"}']])
@pytest.mark.parametrize(
    "reason", ["max_tokens", "model_context_window_exceeded", "new_reason"]
)
def test_a_call_that_was_cut_off_never_runs(reason, pieces):
    """A reply that was cut in its only call is none, even if the call looks whole."""
    stream = start() + text(0, "Let me see.") + tool_use(1, *pieces) + end(reason)
    assert failed(stream).kind == "truncated"


def test_words_that_were_cut_off_are_a_reply():
    """Only calls must be whole: a long answer that ran out of tokens is given."""
    step = folded(start() + text(0, "It is a long ") + end("max_tokens"))
    assert (step.text, step.stop_reason) == ("It is a long", "max_tokens")


def test_a_whole_call_before_the_cut_stays():
    """Of parallel calls only the one that was cut off is left out."""
    calls = tool_use(0, '{"a": 1}') + tool_use(1, '{"b"', id_="toolu_2")
    step = folded(start() + calls + end("max_tokens"))
    assert [call.id for call in step.calls] == ["toolu_1"]


def test_a_refusal_calls_nothing():
    """What a reply wanted before it was refused is not done."""
    calls = tool_use(0, '{"a": 1}') + tool_use(1, '{"b": 1}', id_="toolu_2")
    step = folded(start() + calls + end("refusal"))
    assert (step.calls, step.stop_reason) == ([], "refusal")


def test_a_thought_that_was_cut_off_is_left_out():
    """A thought without its signature would be refused when it is sent back."""
    cut = opened(0, dict(THOUGHT), THINKING[0])
    assert folded(start() + cut + end("max_tokens")).content == []
    whole = block(0, dict(THOUGHT), *THINKING) + text(1, "So")
    assert len(folded(start() + whole + end("max_tokens")).content) == 2


def test_pings_are_no_content():
    """Only blocks and their deltas count as signs of life."""
    fold = StreamFold()
    fold.feed(start() + event("ping") * 3)
    assert fold.content_seen == 0
    fold.feed(text(0, "a", "b"))
    assert fold.content_seen == 3


def test_nothing_counts_after_the_end():
    """What follows message_stop changes nothing and shows nothing."""
    fold = StreamFold()
    fold.feed(REPLY)
    whole = fold.outcome()
    assert fold.feed(text(1, "more") + b"data: {broken\n\n") == []
    assert fold.outcome() == whole


def test_a_flood_is_garbled():
    """A server that never ends an event costs a bounded number of bytes."""
    fold = StreamFold()
    for _ in range(20):
        fold.feed(b"x" * 100_000)
    outcome = fold.outcome()
    assert outcome == failed(b"x" * 2_000_000)
    assert fold.ended
