"""The outbox: nobody waits, memory is bounded, what is lost is counted."""

import threading
import time

import pytest
from tests.unit.monitoring.senders import delivery_to
from tests.unit.monitoring.test_otlp_delivery import items

from mainstay.monitoring.otlp.delivery import Delivery, Terms
from mainstay.monitoring.otlp.end import End
from mainstay.monitoring.otlp.outbox import MAX_WAITING_BYTES, Batching, Outbox
from mainstay.system.clock import SystemClock
from mainstay.testing.otlp import OtlpReceiver

CLOCK = SystemClock()
ONE = items(1)[0]


class Lost:
    """Counts what was lost."""

    def __init__(self) -> None:
        self.count = 0
        self.news = threading.Event()

    def __call__(self, count: int) -> None:
        """Count."""
        self.count += count
        self.news.set()


def outbox(url: str, lost: Lost, batching: Batching, terms: Terms | None = None):
    """Return an outbox that delivers to an address."""
    end = End(CLOCK)
    delivery: Delivery = delivery_to(url, end, terms=terms)
    return Outbox("spans", delivery, batching, end, lost)


def finish(box: Outbox, within_s: float = 5.0) -> float:
    """Let an outbox end; return the seconds that it took."""
    began = CLOCK.monotonic_s()
    box.stop(began + within_s)
    box.join(within_s + 1)
    return CLOCK.monotonic_s() - began


def test_a_full_batch_leaves_at_once() -> None:
    """It does not wait until it has waited for others long enough."""
    with OtlpReceiver() as got:
        box = outbox(got.address, Lost(), Batching(delay_s=600, batch=3))
        box.start()
        for one in items(3):
            box.put(one)
        got.until(lambda: len(got.spans()) == 3)
        finish(box)


def test_a_few_items_leave_after_a_while() -> None:
    """Together."""
    with OtlpReceiver() as got:
        box = outbox(got.address, Lost(), Batching(delay_s=0.05, batch=100))
        for one in items(2):
            box.put(one)
        box.start()
        got.until(lambda: len(got.spans()) == 2)
        finish(box)
        assert len(got.requests) == 1


def test_what_is_left_leaves_at_the_end() -> None:
    """All of it, in batches, without waiting for company."""
    lost = Lost()
    with OtlpReceiver() as got:
        box = outbox(got.address, lost, Batching(delay_s=600, most=1000, batch=300))
        for one in items(299):
            box.put(one)
        box.start()
        finish(box)
        assert len(got.spans()) == 299
    assert lost.count == 0


def test_a_receiver_that_hangs_costs_no_memory_and_no_time() -> None:
    """The newest are dropped and counted; the end comes in its time."""
    lost = Lost()
    with OtlpReceiver() as got:
        got.hang()
        box = outbox(got.address, lost, Batching(most=100, batch=10))
        box.start()
        for _ in range(10):
            box.put(ONE)
        got.until(lambda: len(got.requests) == 1)
        began = time.perf_counter()
        for _ in range(10_000):
            box.put(ONE)
        put_s = (time.perf_counter() - began) / 10_000
        assert box.waiting == 100
        finish(box, within_s=0.1)
        assert box.is_running
        got.heal()
        box.join(5)
    print(f"{put_s * 1e6:.1f} us each")
    assert put_s < 50e-6
    # The ten that hung were taken in the end; for the rest there was no time left.
    assert lost.count == 10_000


def test_what_is_dropped_is_counted() -> None:
    """What had no room, and what was refused; both once."""
    lost = Lost()
    with OtlpReceiver() as got:
        got.answer(403)
        box = outbox(got.address, lost, Batching(delay_s=600, most=20, batch=10))
        for one in items(50):
            box.put(one)
        box.start()
        finish(box)
        assert len(got.requests) == 2
    assert lost.count == 50


def test_the_end_is_one_though_each_loss_is_told_by_an_item() -> None:
    """At LOG_LEVEL=DEBUG a lost line writes one; the last of them is left behind."""
    with OtlpReceiver() as got:
        got.answer(403)
        end = End(CLOCK)
        box = Outbox(
            "logs",
            delivery_to(got.address, end),
            Batching(delay_s=600),
            end,
            lambda _: box.put(ONE),
        )
        box.put(ONE)
        box.start()
        finish(box)
        # Two where the thread was up before it was asked to end.
        assert len(got.requests) in (1, 2)
    assert not box.is_running


def test_large_items_have_a_bound_of_their_own() -> None:
    """In bytes, long before their number is reached."""
    box = outbox("http://127.0.0.1:9", Lost(), Batching())
    large = b"x" * 100_000
    for _ in range(1000):
        box.put(large)
    assert box.waiting == MAX_WAITING_BYTES // len(large)


@pytest.mark.parametrize("threads", [4])
def test_many_threads_may_put(threads: int) -> None:
    """Nothing is lost, nothing twice."""
    lost = Lost()
    with OtlpReceiver() as got:
        box = outbox(got.address, lost, Batching(most=100_000, batch=500))
        box.start()
        some = items(500)

        def put() -> None:
            for one in some:
                box.put(one)

        putting = [threading.Thread(target=put) for _ in range(threads)]
        for thread in putting:
            thread.start()
        for thread in putting:
            thread.join()
        finish(box)
        assert len(got.spans()) == threads * len(some)
    assert lost.count == 0
