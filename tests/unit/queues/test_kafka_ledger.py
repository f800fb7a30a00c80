"""What a Kafka receiver has read: no order of acks loses or skips anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstay.domain.wake import Wake
from mainstay.queues.kafka import ledger as module
from mainstay.queues.kafka.ledger import Ledger
from mainstay.queues.kafka.share import Share


def filled(*offsets: int, room: int = 100) -> Ledger:
    """Return a ledger that has read these offsets of partition 0."""
    ledger = Ledger(visibility_s=5, room=room)
    ledger.assign([0])
    read(ledger, *offsets)
    return ledger


def read(ledger: Ledger, *offsets: int, partition: int = 0) -> None:
    """Let the ledger read."""
    for offset in offsets:
        if (place := ledger.read(partition, offset)) is not None:
            ledger.offer(place, f"conv_{offset}")


def ids(wakes: list[Wake]) -> list[str]:
    """Return whose wakes these are."""
    return [wake.conversation_id for wake in wakes]


@given(
    st.lists(st.integers(0, 60), unique=True).map(sorted),
    st.randoms(use_true_random=False),
)
def test_a_commit_never_passes_what_is_open(offsets: list[int], chance):
    """And in the end passes all, whatever the order of acks and the log's own gaps."""
    share = Share(1)
    assert all(share.read(offset) for offset in offsets)
    left = list(offsets)
    chance.shuffle(left)
    commit = 0
    while left:
        share.finish(left.pop())
        commit = share.moved() or commit
        assert commit <= min(left, default=commit)
        done_before = [o for o in offsets if o < min(left, default=61)]
        assert commit == (done_before[-1] + 1 if done_before else 0)
        assert len(share) == sum(offset >= commit for offset in offsets)
    assert share.moved() is None


def test_a_late_ack_of_an_earlier_term_is_dropped():
    """The partition went and came back: its wake is open again, and stays so."""
    ledger = filled(7)
    old = ledger.take(10, 0)
    ledger.revoke([0])
    ledger.assign([0])
    read(ledger, 7)
    ledger.ack(old)
    ledger.release(old)
    ledger.extend(old, 0)
    assert ledger.moved() == []
    new = ledger.take(10, 0)
    ledger.ack(new)
    assert ledger.moved() == [(0, 8)]


def test_what_goes_takes_its_wakes_along():
    """Those that wait, and those received; another partition's stay."""
    ledger = filled(1, 2)
    ledger.assign([1])
    read(ledger, 3, partition=1)
    ledger.take(1, 0)
    ledger.revoke([0])
    assert ledger.received() == 0
    assert ids(ledger.take(10, 0)) == ["conv_3"]


def test_what_comes_late_from_a_lost_partition_is_dropped():
    """A record that was fetched before its partition went is the new owner's."""
    ledger = filled(1)
    place = ledger.read(0, 2)
    assert place is not None
    ledger.revoke([0])
    ledger.offer(place, "conv_2")
    ledger.finish(place)
    assert ledger.read(0, 3) is None
    assert ledger.take(10, 0) == []


def test_a_record_counts_once():
    """Read again, it is neither offered twice nor open twice."""
    ledger = filled(1, 1)
    assert ids(ledger.take(10, 0)) == ["conv_1"]


def test_a_visibility_ends():
    """Then the wake comes again, before newer ones; extended, it does not."""
    ledger = filled(1, 2, 3)
    one, two = ledger.take(2, now_s=0)
    ledger.extend([one], now_s=3)
    assert not ledger.expire(now_s=4.9)
    assert ledger.expire(now_s=5)
    assert ids(ledger.take(10, now_s=5)) == ["conv_2", "conv_3"]
    assert ledger.received() == 3
    ledger.ack([one, two])
    assert ledger.moved() == [(0, 3)]


def test_room_ends_with_what_waits_and_with_what_is_open(
    monkeypatch: pytest.MonkeyPatch,
):
    """A gap that stays open stops the reading before memory does."""
    ledger = filled(1, 2, room=3)
    assert ledger.room() == 1
    read(ledger, 3)
    assert ledger.room() == 0
    wakes = ledger.take(10, 0)
    assert ledger.room() == 3
    monkeypatch.setattr(module, "MAX_OPEN", 4)
    ledger.ack(wakes[1:])
    assert ledger.room() == 1
    ledger.ack(wakes[:1])
    assert ledger.room() == 3
