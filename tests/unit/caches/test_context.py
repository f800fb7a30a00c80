"""What the cache kept is believed only where the store's answer bears it out."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from mainstay.caches.context import Context, joined, packed, unpacked
from mainstay.domain.conversation import Conversation
from mainstay.domain.message import Message
from mainstay.ports.cache import MAX_CONTEXT_BYTES
from mainstay.ports.journal import Record

TALK = Conversation("conv_1", "ada", "api", {}, "ai", 0, 1)


def said(count: int, lineage: str = "") -> list[Message]:
    """Return a conversation's messages; another lineage has other ids."""
    return [
        Message(
            f"msg_{n}{lineage}", n, "customer", f"text {n}", "turn_1", None, None, n
        )
        if n % 3
        else Message(f"msg_{n}{lineage}", n, "agent", f"text {n}", "turn_1", 4, "m", n)
        for n in range(1, count + 1)
    ]


def told(messages: Sequence[Message], most: int, after: int = 0) -> Record:
    """Return what a store with these messages answers."""
    newest = [m for m in messages if m.seq > after][-most:]
    return Record(TALK, newest, [], [], None, len(messages) - len(newest))


def kept(messages: Sequence[Message], customer: str = "ada") -> Context:
    """Return messages as the cache gives them back."""
    talk = replace(TALK, customer_id=customer)
    data = packed(Record(talk, messages, [], [], None, 0))
    assert data is not None
    context = unpacked(data)
    assert context is not None
    return context


@given(
    count=st.integers(1, 40),
    first=st.integers(1, 40),
    last=st.integers(1, 40),
    most=st.integers(1, 45),
)
def test_whatever_was_kept_the_record_is_the_whole_one(
    count: int, first: int, last: int, most: int
):
    """Any part of a conversation, with any limit: the whole record, or a doubt."""
    first, last = min(first, last, count), min(max(first, last), count)
    history = said(count)
    context = kept(history[first - 1 : last])
    assert context.messages == history[first - 1 : last]
    got = joined(context, told(history, most, context.last_seq - 1), most)
    whole = told(history, most)
    reaches_back = first <= max(1, count - most + 1)
    assert (
        got == whole if reaches_back or last <= count - most else got in (None, whole)
    )
    if reaches_back:
        assert got is not None


@given(
    shared=st.integers(0, 10),
    theirs=st.integers(1, 10),
    ours=st.integers(0, 20),
    most=st.integers(1, 45),
)
def test_another_history_is_never_believed(
    shared: int, theirs: int, ours: int, most: int
):
    """Of one conversation that went on twice, e.g. after a restore, only its own."""
    begun = said(shared)
    other = [*begun, *said(shared + theirs, "'")[shared:]]
    history = [*begun, *said(shared + ours)[shared:]]
    context = kept(other)
    got = joined(context, told(history, most, context.last_seq - 1), most)
    assert got in (None, told(history, most))


def test_a_foreign_context_is_never_believed():
    """Another's conversation, or another customer's, whatever else fits."""
    history = said(6)
    fresh = told(history, 100, after=3)
    assert joined(kept(history[:4]), fresh, 100) == told(history, 100)
    assert joined(kept(history[:4], "bob"), fresh, 100) is None
    elsewhere = replace(kept(history[:4]), conversation_id="conv_2")
    assert joined(elsewhere, fresh, 100) is None


def test_an_answer_with_a_gap_is_never_joined():
    """Nor one that is not up to date with itself."""
    history = said(6)
    fresh = told(history, 100, after=3)
    gap = replace(fresh, messages=[fresh.messages[0], fresh.messages[2]])
    assert joined(kept(history[:4]), gap, 100) is None
    assert joined(kept(history[:4]), replace(fresh, messages=[]), 100) is None
    more = replace(fresh, earlier_messages=fresh.earlier_messages + 1)
    assert joined(kept(history[:4]), more, 100) is None


@example(b"\x94\x00\xa4\x00\x00\x00\x80")
@given(st.binary(max_size=200))
def test_any_other_bytes_are_ignored(data: bytes):
    """What ``packed`` did not make is nothing."""
    assert unpacked(data) is None


def test_what_is_cut_changed_or_of_another_version_is_ignored():
    """A gap, no message, a number below 1, a later layout."""
    data = packed(told(said(5), 100))
    assert data is not None
    assert all(unpacked(data[:n]) is None for n in range(len(data)))
    version, *rest, rows = msgspec.msgpack.decode(data)
    pack = msgspec.msgpack.encode
    assert unpacked(pack([version, *rest, rows])) is not None
    assert unpacked(pack([version + 1, *rest, rows])) is None
    assert unpacked(pack([version, *rest, []])) is None
    assert unpacked(pack([version, *rest, [rows[0], rows[2]]])) is None
    zero = [rows[0][0], 0, *rows[0][2:]]
    assert unpacked(pack([version, *rest, [zero, rows[0]]])) is None
    level_9 = [*rows[2][:5], 9, *rows[2][6:]]
    assert unpacked(pack([version, *rest, [level_9]])) is None


def test_what_is_too_large_is_not_packed():
    """The store is read instead."""
    long = replace(said(1)[0], text="x" * (MAX_CONTEXT_BYTES + 1))
    assert packed(Record(TALK, [long], [], [])) is None
    assert packed(Record(TALK, [], [], [])) is None
