"""Delivery: cut to what is taken, tried again when told later, given up in time."""

import pytest
from tests.unit.monitoring.senders import Patient, answering, delivery_to

from mainstay.monitoring.otlp.delivery import MAX_BYTES, Terms
from mainstay.monitoring.otlp.spans import span_item
from mainstay.monitoring.span import Span
from mainstay.testing.clock import ManualClock
from mainstay.testing.otlp import OtlpReceiver

FAST = Terms(request_s=2.0, patience_s=30.0)
NOBODY = "http://127.0.0.1:9"


def items(count: int, size: int = 10) -> list[bytes]:
    """Return so many spans, with a text of so many characters each."""
    return [
        span_item(
            Span(
                trace_id=b"t" * 16, span_id=b"s" * 8, parent_id=b"", name=f"span {one}",
                kind="internal", start_ns=1, end_ns=2,
                attributes={"text": "x" * size},
            )
        )
        for one in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("compressed", [True, False])
def test_what_is_taken_is_delivered(compressed: bool) -> None:
    """With the right type, whole, packed or not."""
    with OtlpReceiver() as got:
        sent = delivery_to(got.address, compressed=compressed)
        assert sent.deliver(items(3)) == []
        sent.close()
        (request,) = got.requests
        assert [span.name for span in got.spans()] == ["span 0", "span 1", "span 2"]
    assert request.headers["content-type"] == "application/x-protobuf"
    assert ("content-encoding" in request.headers) == compressed
    assert (request.size < request.unpacked) == compressed


def test_no_request_is_larger_than_a_megabyte() -> None:
    """Before it is packed: who counts after that takes it too."""
    many = items(1000, 4000)
    with OtlpReceiver() as got:
        assert delivery_to(got.address).deliver(many) == []
        sizes = [request.unpacked for request in got.requests]
        assert len(got.spans()) == 1000
    assert len(sizes) > 3
    assert max(sizes) <= 1_000_000
    assert sum(sizes) > 4_000_000
    assert MAX_BYTES < 1_000_000


def test_what_is_too_large_is_halved() -> None:
    """Until it fits; an item that does not fit alone is given up, no other."""
    small, huge = items(8), items(1, 4000)
    with OtlpReceiver() as got:
        got.limit(900)
        told: list[str] = []
        sent = delivery_to(got.address, compressed=False, tell=told.append)
        assert sent.deliver(small[:5] + huge + small[5:]) == huge
        assert len(got.spans()) == 8
    assert told == ["one item is too large for it", ""]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_later_is_later(status: int) -> None:
    """Pauses grow, with the receiver's own as the least; then items are given up."""
    clock = ManualClock()
    end = Patient(clock)
    with OtlpReceiver() as got:
        got.answer(status)
        sent = delivery_to(got.address, end, clock=clock, terms=FAST)
        assert len(sent.deliver(items(2))) == 2
        assert end.waited == [1, 2, 4, 8]
        assert len(got.requests) == 5
        got.heal()
        # The next batch does not begin before the pause that was due is over.
        assert sent.deliver(items(1)) == []
    assert end.waited == [1, 2, 4, 8, 16]


def test_a_receiver_says_how_much_later() -> None:
    """By Retry-After, as seconds or as a date.

    What is longer than a batch may wait holds the next one off, 5 minutes at most.
    """
    clock = ManualClock(1_445_412_475_000)
    end = Patient(clock)
    with OtlpReceiver() as got:
        sent = delivery_to(got.address, end, clock=clock, terms=FAST)
        for header, waited in (
            ("9", [9, 9, 9]),
            ("Wed, 21 Oct 2015 07:28:22 GMT", [27, 2]),
            ("nonsense", [1, 2, 4, 8]),
            ("-5", [1, 2, 4, 8]),
        ):
            got.heal()
            assert sent.deliver([]) == []
            end.waited.clear()
            clock.set_wall_ms(1_445_412_475_000)
            got.answer(503, {"Retry-After": header})
            assert sent.deliver(items(1)) != []
            assert end.waited == waited, header
        got.answer(429, {"Retry-After": "86400"})
        sent.deliver(items(1))
        end.waited.clear()
        got.heal()
        assert sent.deliver(items(1)) == []
        assert end.waited == [300]


def test_what_a_receiver_asks_for_holds_for_the_rest_of_a_batch() -> None:
    """The other requests of it are not made; at the end each is tried all the same."""
    clock = ManualClock()
    end = Patient(clock)
    many = items(600, 4000)
    with OtlpReceiver() as got:
        got.answer(429, {"Retry-After": "60"})
        told: list[str] = []
        sent = delivery_to(got.address, end, clock=clock, terms=FAST, tell=told.append)
        assert len(sent.deliver(many)) == 600
        assert len(got.requests) == 1
        end.ask(clock.monotonic_s() + 2)
        assert len(sent.deliver(many)) == 600
        assert len(got.requests) == 4
    assert told == ["HTTP 429"]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500])
def test_what_will_never_be_taken_is_given_up_at_once(status: int) -> None:
    """A wrong key, a wrong address, a request that is not understood."""
    told: list[str] = []
    with OtlpReceiver() as got:
        got.answer(status)
        sent = delivery_to(got.address, tell=told.append)
        assert len(sent.deliver(items(2))) == 2
        assert len(got.requests) == 1
    assert told == [f"HTTP {status}"]


def test_a_fault_is_told_once_and_its_end_once() -> None:
    """However many batches fail between."""
    told: list[str] = []
    with OtlpReceiver() as got:
        sent = delivery_to(got.address, tell=told.append)
        for status in (200, 403, 403, 200, 200, 403):
            got.answer(status)
            sent.deliver(items(1))
    assert told == ["HTTP 403", "", "HTTP 403"]


def test_what_a_receiver_rejects_is_counted_and_told_once() -> None:
    """Of a request that it took as well: that is not sent again, nor its items lost."""
    told: list[str] = []
    with OtlpReceiver() as got:
        sent = delivery_to(got.address, tell=told.append)
        counted: list[int] = []
        for count in (0, 2, 3):
            got.reject(count, "too old,\nby an hour")
            assert sent.deliver(items(4)) == []
            counted.append(sent.rejected)
        got.heal()
        sent.deliver(items(4))
        got.reject(1, "")
        sent.deliver(items(4))
        assert len(got.requests) == 5
    assert counted == [0, 2, 3]
    assert told == [
        "2 rejected: too old, by an hour", "", "1 rejected: it does not say why",
    ]  # fmt: skip


def test_each_request_of_a_batch_may_have_items_rejected() -> None:
    """Their numbers add up, however much a receiver has to say to each."""
    with OtlpReceiver() as got:
        got.reject(5, "x" * 100_000)
        sent = delivery_to(got.address)
        assert sent.deliver(items(600, 4000)) == []
        assert sent.rejected == 5 * len(got.requests) > 5


@pytest.mark.parametrize(
    "body",
    [b"", b"OK", b"{}", b'\n{"partialSuccess":{}}', b"<html>", b"\x0a\x04\x08", b"\x08",
     b"\x08" + b"\xff" * 20, b"\x0a\x0b\x08" + b"\xff" * 9 + b"\x01"],
)  # fmt: skip
def test_an_answer_that_says_nothing_else_is_success(body: bytes) -> None:
    """Not every receiver answers success with OTLP's message."""
    told: list[str] = []
    with OtlpReceiver() as got:
        got.answer(200, body=body)
        sent = delivery_to(got.address, tell=told.append)
        assert sent.deliver(items(2)) == []
    assert (sent.rejected, told) == (0, [])


def test_a_receiver_that_is_gone_is_tried_again() -> None:
    """A refused connection, or one that is cut off, is later."""
    clock = ManualClock()
    end = Patient(clock)
    told: list[str] = []
    sent = delivery_to(NOBODY, end, clock=clock, terms=FAST, tell=told.append)
    assert sent.deliver(items(1)) != []
    assert len(end.waited) == 4
    assert "refused" in told[0]
    with answering(b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, _):
        assert delivery_to(url, Patient(clock), clock=clock).deliver(items(1)) == []


def test_at_the_end_each_batch_is_tried_once() -> None:
    """Nothing waits any more, and nothing is begun after the last moment."""
    clock = ManualClock()
    end = Patient(clock)
    with OtlpReceiver() as got:
        got.answer(429, {"Retry-After": "60"})
        sent = delivery_to(got.address, end, clock=clock)
        end.ask(clock.monotonic_s() + 2)
        assert len(sent.deliver(items(1))) == 1
        assert len(got.requests) == 1
        clock.advance(3)
        assert len(sent.deliver(items(1))) == 1
        assert len(got.requests) == 1
    assert end.waited == []
