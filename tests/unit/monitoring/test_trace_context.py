"""A place in a trace: read from headers and rows, written back, and found below."""

import pytest

from mainstay.domain.trace import AGAIN, MAX_STATE, Trace, of_headers, of_text
from mainstay.domain.turn import Turn
from mainstay.domain.turn_trace import tool_of, trace_of

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


def turn(trace: str | None, id_: str = "turn_1", attempt: int = 1) -> Turn:
    """Return a turn with a trace."""
    return Turn(id_, "conv_1", 1, 1, "running", attempt, 1, 0, 28_000, trace=trace)


def test_a_header_is_read() -> None:
    """Its ids, whether it is sampled, and the state beside it."""
    assert of_headers(PARENT, "a=1,b=2") == Trace(TRACE, SPAN, True, "a=1,b=2")
    assert of_headers(PARENT[:-1] + "0") == Trace(TRACE, SPAN, False)
    assert of_headers(PARENT[:-2] + "03") == Trace(TRACE, SPAN, True)


@pytest.mark.parametrize(
    "header",
    [
        "",
        PARENT[:-1],
        PARENT.upper(),
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"{PARENT}-more",
        f" {PARENT}",
        f"{PARENT}\n",
    ],
)
def test_what_is_no_header_names_no_place(header: str) -> None:
    """A new trace begins then (W3C Trace Context, section 4.3)."""
    assert of_headers(header) is None


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    """What follows after a dash is left out."""
    assert of_headers(f"cc-{TRACE}-{SPAN}-01-what-the-future-adds") is not None
    assert of_headers(f"cc-{TRACE}-{SPAN}-01.what") is None


def test_a_state_that_cannot_be_passed_on_is_left_out() -> None:
    """Too long, or not printable; the place stays."""
    for state in ("x" * (MAX_STATE + 1), "a=\x00", "a=ü"):
        assert of_headers(PARENT, state) == Trace(TRACE, SPAN, True)


@pytest.mark.parametrize("state", ["", "vendor=value,other=one two"])
@pytest.mark.parametrize("sampled", [True, False])
def test_a_row_gives_back_what_it_was_given(state: str, sampled: bool) -> None:
    """In one line."""
    trace = Trace(TRACE, SPAN, sampled, state)
    assert of_text(trace.text) == trace
    assert "\n" not in trace.text


def test_what_is_below_is_found_again() -> None:
    """By its name, in every process; under its own parent, in the same trace."""
    above = Trace(TRACE, SPAN, True, "a=1")
    one = above.below("call", "1")
    assert one == above.below("call", "1")
    assert (one.trace_id, one.parent_id, one.state) == (TRACE, SPAN, "a=1")
    assert len({one.span_id, above.below("call", "2").span_id, SPAN}) == 3
    assert of_headers(one.traceparent) is not None


def test_a_turn_knows_its_places() -> None:
    """The same for each attempt, but for the attempt's own."""
    text = f"{PARENT}\n{PARENT.replace(SPAN, '1' * 16)}"
    first, second = trace_of(turn(text)), trace_of(turn(text, attempt=2))
    assert first is not None
    assert first == second
    assert first.sent.span_id == first.process.parent_id == SPAN
    assert first.agent.parent_id == first.process.span_id
    assert [one.span_id for one in first.joined] == ["1" * 16]
    assert first.attempt(1) != first.attempt(2)
    assert first.tool("key", 1) != first.tool("key", 2)
    assert trace_of(turn(None)) is None


def test_a_tool_is_told_of_a_trace_that_is_not_kept() -> None:
    """Its message's place, so that the tool's own spans are not kept either."""
    unsampled = f"{PARENT[:-1]}0 a=1"
    told = tool_of(turn(f"{unsampled}\n{PARENT}"), "key")
    assert told == Trace(TRACE, SPAN, False, "a=1")
    assert trace_of(turn(unsampled)) is None
    assert tool_of(turn(None), "key") is None


def test_other_turns_and_other_lives_have_other_places() -> None:
    """Two turns may be in one trace, and a redriven one ends in it twice."""
    one = trace_of(turn(PARENT))
    other = trace_of(turn(PARENT, "turn_2"))
    again = trace_of(turn(f"{PARENT}\n{AGAIN}"))
    assert one is not None
    assert other is not None
    assert again is not None
    assert again.joined == ()
    assert len({t.process.span_id for t in (one, other, again)}) == 3
