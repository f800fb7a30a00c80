"""What brokers carry: a wake comes back as it went, and nothing else passes for one."""

import json

import pytest

from mainstay.queues.wire import MAX_ID, decoded, encoded
from mainstay.system.ids import SystemIds


def test_a_wake_comes_back():
    """As text and as bytes, whatever newer senders add."""
    id_ = SystemIds().new("conv")
    assert decoded(encoded(id_)) == decoded(encoded(id_).encode()) == id_
    assert decoded(json.dumps({**json.loads(encoded(id_)), "more": [1]})) == id_


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b"[]",
        b'{"conversation_id": "conv_1"}',
        b'{"conversation_id": "conv_1", "v": 2}',
        b'{"conversation_id": 7, "v": 1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: body[:40].decode("latin-1"),
)
def test_what_is_no_wake_is_none(body: bytes):
    """However it is broken: an error here would stop who reads, for ever."""
    assert decoded(body) is None


@pytest.mark.parametrize("id_", ["", "x" * (MAX_ID + 1), "a\0b", "\ud800", "a\nb"])
def test_an_id_that_no_store_can_hold_is_none(id_: str):
    """A claim of it would fail, its wake be given back, and come again for ever."""
    assert decoded(encoded(id_)) is None
