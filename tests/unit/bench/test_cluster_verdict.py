"""The books of a cluster's trial: every broken promise is seen."""

from collections.abc import Callable
from typing import Any

import pytest
from benchmarks.cluster.customers import Said, Talk
from benchmarks.cluster.ledger import Called, doubled
from benchmarks.cluster.trial import NONE, targets
from benchmarks.cluster.verdict import Count, gaps
from benchmarks.figures import Report

Messages = list[dict[str, Any]]


def asked(seq: int, n: int, turn: str) -> dict[str, Any]:
    """Return a customer's n-th message as the API shows it."""
    at = f"2026-01-01T00:00:{seq:02}.000Z"
    shown = {"seq": seq, "id": f"msg_{n}", "role": "customer", "text": f"Text {n}"}
    return {**shown, "turn_id": turn, "created_at": at}


def reply(seq: int, turn: str, level: int = 0) -> dict[str, Any]:
    """Return a reply as the API shows it."""
    at = f"2026-01-01T00:00:{seq:02}.000Z"
    shown = {"seq": seq, "id": f"msg_r{seq}", "role": "agent", "text": "Yes."}
    return {**shown, "turn_id": turn, "fallback_level": level, "created_at": at}


def talk() -> Talk:
    """Return what a customer said: one message, then a burst of two."""
    turns = enumerate(("turn_1", "turn_2", "turn_2"), start=1)
    said = [Said(f"Text {n}", 0, 0, f"msg_{n}", turn) for n, turn in turns]
    return Talk(1, "conv_1", said)


def whole() -> Messages:
    """Return the conversation as it should be."""
    return [
        asked(1, 1, "turn_1"),
        reply(2, "turn_1"),
        asked(3, 2, "turn_2"),
        asked(4, 3, "turn_2"),
        reply(5, "turn_2"),
    ]


def count(messages: Messages, held: set[str] | None = None) -> Count:
    """Return the books of one conversation."""
    books = Count()
    books.add(talk(), messages, held or set())
    return books


def test_what_was_promised_is_kept() -> None:
    """A burst has one reply, and each of its messages is answered by it."""
    books = count(whole())
    assert (books.accepted, books.answered, books.held) == (3, 3, 0)
    assert (books.lost, books.unanswered, books.doubled, books.disordered) == (0,) * 4
    assert books.levels == {0: 2}
    assert max(books.waits_s) == 2


def test_a_holding_reply_is_no_second_one() -> None:
    """It comes first, counts as heard, and the answer still has to follow."""
    held = {"turn_2"}
    both = [*whole()[:4], reply(5, "turn_2", 4), reply(6, "turn_2")]
    books = count(both, held)
    assert (books.answered, books.held, books.doubled) == (3, 1, 0)
    assert books.levels == {0: 2}
    assert count(both[:5], held).unanswered == 2


BROKEN: list[tuple[str, Callable[[Messages], Messages]]] = [
    ("lost", lambda m: [*m[:3], reply(4, "turn_2")]),
    ("lost", lambda m: [{**m[0], "turn_id": "turn_9"}, *m[1:]]),
    ("lost", lambda m: [{**m[0], "text": "Other"}, *m[1:]]),
    ("unanswered", lambda m: m[:4]),
    ("doubled", lambda m: [*m, reply(6, "turn_2")]),
    ("disordered", lambda m: [*m[:4], {**m[4], "seq": 6}]),
    ("disordered", lambda m: [*m[:3], reply(4, "turn_2"), asked(5, 3, "turn_2")]),
    ("disordered", lambda m: [m[0], reply(2, "turn_2"), *m[2:4], reply(5, "turn_1")]),
]


@pytest.mark.parametrize(("figure", "broken"), BROKEN)
def test_a_broken_promise_is_counted(figure: str, broken: Any) -> None:
    """Each under its own figure."""
    assert getattr(count(broken(whole())), figure) > 0


@pytest.mark.parametrize(
    ("calls", "turns"),
    [
        ([Called("keyed", "t", "k"), Called("keyed", "t", "k")], []),
        ([Called("keyed", "t", "k"), Called("keyed", "t", "other")], ["t"]),
        ([Called("unsafe", "t", "k")], []),
        ([Called("unsafe", "t", "k"), Called("unsafe", "t", "k")], ["t"]),
    ],
)
def test_what_happened_twice_is_seen(calls: list[Called], turns: list[str]) -> None:
    """The other side knows a key again; a call without one it does not."""
    assert doubled(calls) == turns


def test_a_listener_hears_each_message_once() -> None:
    """What it missed, and what it heard twice."""
    assert gaps([1, 2, 3], 3) == 0
    assert gaps([1, 3], 3) == 1
    assert gaps([1, 2, 2, 3], 3) == 1


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("written_after_freeze", 1),
        ("written_after_robbery", 1),
        ("refused_after_robbery", 0),
        ("messages_during_crash", 0),
        ("resume_max_s", float("inf")),
    ],
)
def test_a_trial_that_shows_nothing_fails(figure: str, value: float) -> None:
    """A robbed worker that tried nothing, a fault that nobody was there to feel."""
    figures = {**dict.fromkeys(NONE, 0.0), "messages_during_kill": 1.0}
    figures |= {"written_after_freeze": 0, "refused_after_robbery": 1}
    assert Report(figures, targets(figures)).passed
    figures[figure] = value
    assert not Report(figures, targets(figures)).passed
