"""Metrics at intervals: each receiver hears all there was, also after it was away."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge
from tests.unit.monitoring.senders import ENVELOPE

from mainstay.monitoring.exchange.post import Post
from mainstay.monitoring.otlp.delivery import Delivery, Terms
from mainstay.monitoring.otlp.end import End
from mainstay.monitoring.otlp.push import Push, Rhythm
from mainstay.monitoring.otlp.receiver import KEPT_BYTES, Receiver, headers
from mainstay.monitoring.readings import read
from mainstay.system.clock import SystemClock
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.otlp import OtlpReceiver

CLOCK = SystemClock()
OFTEN_S, NEVER_S = 0.05, 600.0


@contextmanager
def pushing(
    got: OtlpReceiver,
    kept: CollectorRegistry,
    *,
    every_s: float,
    delta: bool,
    dropped: Callable[[int], None] = lambda _: None,
) -> Generator[Push]:
    """Push a registry's metrics to a receiver, the last time when the block is left."""
    end = End(CLOCK)
    told = headers({}, compressed=True)
    post = Post(f"{got.address}/v1/metrics", told, CLOCK, keeps=KEPT_BYTES)
    receiver = Receiver(post, ENVELOPE, CLOCK, compressed=True)
    terms = Terms(request_s=2, patience_s=0.9)
    delivery = Delivery(
        receiver, terms, end, CLOCK, ScriptedRandom(0.5), lambda _: None
    )
    rhythm = Rhythm(every_s=every_s, delta=delta)
    push = Push(lambda: read(kept.collect), delivery, rhythm, end, CLOCK, dropped)
    push.start()
    yield push
    push.stop(CLOCK.monotonic_s() + 5)
    push.join(6)


def registry() -> tuple[CollectorRegistry, Counter, Gauge]:
    """Return a registry with a counter and a gauge."""
    kept = CollectorRegistry()
    counter = Counter("turns", "Turns.", registry=kept)
    return kept, counter, Gauge("depth", "Depth.", registry=kept)


def values(got: OtlpReceiver, name: str) -> list[float]:
    """Return what a metric was told to be, one value a reading."""
    return [
        point.as_double
        for metric in got.metrics()
        if metric.name == name
        for point in (metric.sum.data_points or metric.gauge.data_points)
    ]


def periods(got: OtlpReceiver, name: str) -> list[tuple[int, int]]:
    """Return the times that the values are of."""
    return [
        (point.start_time_unix_nano, point.time_unix_nano)
        for metric in got.metrics()
        if metric.name == name
        for point in metric.sum.data_points
    ]


def test_the_last_reading_is_sent_at_the_end() -> None:
    """What was counted since the last interval is not lost."""
    kept, counter, gauge = registry()
    with OtlpReceiver() as got:
        with pushing(got, kept, every_s=NEVER_S, delta=False):
            counter.inc(3)
            gauge.set(7)
        assert values(got, "turns") == [3]
        assert values(got, "depth") == [7]


def test_readings_go_on() -> None:
    """One an interval; cumulative ones begin where the process began."""
    kept, counter, _ = registry()
    counter.inc()
    with OtlpReceiver() as got:
        with pushing(got, kept, every_s=OFTEN_S, delta=False):
            got.until(lambda: len(got.requests) >= 2)
            counter.inc(4)
        assert values(got, "turns")[0] == 1
        assert values(got, "turns")[-1] == 5
        assert len({start for start, _ in periods(got, "turns")}) == 1


def test_delta_tells_what_was_added() -> None:
    """Each since the one before; a counter without news is silent."""
    kept, counter, _ = registry()
    counter.inc(2)
    with OtlpReceiver() as got:
        with pushing(got, kept, every_s=OFTEN_S, delta=True):
            got.until(lambda: len(got.requests) >= 3)
            counter.inc(4)
        told = periods(got, "turns")
        assert values(got, "turns") == [2, 4]
        assert len(values(got, "depth")) >= 4
    assert told[0][1] < told[1][0] or told[0][1] == told[1][0]
    assert all(start < end for start, end in told)


def test_nothing_counted_is_lost_while_a_receiver_is_away() -> None:
    """What it refused is in the next reading that it takes, counted once."""
    kept, counter, _ = registry()
    with OtlpReceiver() as got:
        with pushing(got, kept, every_s=OFTEN_S, delta=True):
            counter.inc(1)
            got.until(lambda: values(got, "turns") == [1])
            got.answer(503)
            counter.inc(10)
            seen = len(got.requests)
            got.until(lambda: len(got.requests) >= seen + 2)
            counter.inc(100)
            got.heal()
            got.until(lambda: sum(values(got, "turns")) == 111)
        assert values(got, "turns") == [1, 110]
        first, second = periods(got, "turns")
        assert first[1] == second[0]


def test_a_reading_that_is_given_up_is_counted() -> None:
    """Each time, by the number of its metrics; one that is taken is not."""
    kept, counter, _ = registry()
    counter.inc()
    lost: list[int] = []
    with OtlpReceiver() as got:
        with pushing(got, kept, every_s=OFTEN_S, delta=False, dropped=lost.append):
            got.until(lambda: len(got.requests) >= 2)
            assert lost == []
            got.answer(403)
            seen = len(got.requests)
            got.until(lambda: len(got.requests) >= seen + 3)
            got.heal()
        assert len(lost) >= 2
        assert set(lost) == {2}


def test_points_that_are_rejected_are_counted() -> None:
    """And not told again as news: the receiver took the rest of that reading."""
    kept, counter, _ = registry()
    counter.inc()
    lost: list[int] = []
    with OtlpReceiver() as got:
        got.reject(1, "out of order")
        with pushing(got, kept, every_s=OFTEN_S, delta=True, dropped=lost.append):
            got.until(lambda: len(got.requests) >= 2)
        assert values(got, "turns") == [1]
        assert lost == [1] * len(got.requests)
