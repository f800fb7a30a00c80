"""Figures, targets and verdicts."""

import pytest
from benchmarks.canned import DELTAS, reply, tool_call
from benchmarks.customers import Talk, WrongAnswer, checked
from benchmarks.figures import Report, Target, percentile


@pytest.mark.parametrize(
    ("percent", "expected"), [(50, 50), (99, 99), (100, 100), (1, 1)]
)
def test_a_percentile_is_a_value_that_was_measured(percent, expected):
    """Nearest rank: of 1 to 100 the 99th percentile is 99."""
    assert percentile(list(range(1, 101)), percent) == expected


def test_the_worst_of_few_values_is_their_99th_percentile():
    """With ten values nothing but the largest covers 99% of them."""
    assert percentile([5.0, 1.0, 9.0], 99) == 9.0


@pytest.mark.parametrize(
    ("holds", "value", "met"),
    [
        ("at least", 200, True),
        ("at least", 199.9, False),
        ("at most", 1.0, True),
        ("at most", 1.01, False),
        ("below", 5.9, True),
        ("below", 6.0, False),
    ],
)
def test_a_target_tells_whether_it_is_met(holds, value, met):
    """``below`` is strict, the others are not."""
    limit = {"at least": 200, "at most": 1.0, "below": 6.0}[holds]
    assert Target("figure", holds, limit).met(value) is met


def test_a_missed_target_is_shown_and_fails_the_report():
    """The line names the limit."""
    report = Report({"turns_per_s": 150.0}, [Target("turns_per_s", "at least", 200)])
    assert not report.passed
    assert report.as_text().endswith("FAIL (at least 200)")


def conversation(count: int) -> list[dict[str, object]]:
    """What the server tells of a conversation of ``count`` answered messages."""
    return [
        {
            "seq": 2 * n + (role == "agent") + 1,
            "turn_id": f"turn_{n}",
            "role": role,
            "text": f"Message {n + 1}: where is my order 1042?",
            "fallback_level": 0 if role == "agent" else None,
        }
        for n in range(count)
        for role in ("customer", "agent")
    ]


def test_answered_messages_are_counted():
    """Once each, in order, on level 0."""
    assert checked(Talk("conv", 3), conversation(3)) == 3


@pytest.mark.parametrize(
    "fault",
    [
        lambda m: m.pop(),
        lambda m: m.append({**m[-1], "seq": 7}),
        lambda m: m[3].update(turn_id="turn_0"),
        lambda m: m[3].update(fallback_level=4),
        lambda m: m[2].update(text=m[0]["text"]),
        lambda m: m[3].update(role="human"),
    ],
    ids=["lost", "twice", "other turn", "level 4", "out of order", "not the agent"],
)
def test_a_wrong_conversation_is_refused(fault):
    """Whatever is wrong with it ends the bench."""
    messages = conversation(3)
    fault(messages)
    with pytest.raises(WrongAnswer):
        checked(Talk("conv", 3), messages)


def test_the_canned_answers_have_the_shape_of_the_issue():
    """One tool call first, then a reply of 40 deltas."""
    assert tool_call().count(b'"tool_use","id"') == 1
    assert reply().count(b'"text_delta"') == DELTAS == 40
