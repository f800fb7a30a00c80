"""Readings: what is told is what Prometheus scrapes."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from mainstay.monitoring.readings import Buckets, Reading, read, readings, since


def registry() -> tuple[CollectorRegistry, Counter, Gauge, Histogram]:
    """Return a registry and a metric of each kind."""
    kept = CollectorRegistry()
    counter = Counter("turns", "Turns.", ["outcome"], registry=kept)
    gauge = Gauge("depth", "Depth.", registry=kept)
    seconds = Histogram("took", "Took.", ["tool"], buckets=(0.1, 1), registry=kept)
    return kept, counter, gauge, seconds


def named(found: list[Reading]) -> dict[str, Reading]:
    """Return readings by name."""
    return {reading.name: reading for reading in found}


def test_each_kind_is_read() -> None:
    """A counter without its suffix, a gauge, a histogram with a count a bucket."""
    kept, counter, gauge, seconds = registry()
    counter.labels("ok").inc(3)
    gauge.set(-2)
    for value in (0.05, 0.5, 0.7, 9):
        seconds.labels("refund").observe(value)
    found = named(readings(kept.collect()))
    assert found["turns"].series == {(("outcome", "ok"),): 3}
    assert found["depth"].series == {(): -2}
    assert found["took"].series == {
        (("tool", "refund"),): Buckets((0.1, 1.0), (1, 2, 1), 10.25)
    }
    assert [found[name].kind for name in ("turns", "depth", "took")] == [
        "counter", "gauge", "histogram",
    ]  # fmt: skip


def test_what_is_no_number_is_left_out() -> None:
    """Receivers refuse NaN and the infinite, some of them the whole request."""
    kept, _, gauge, _ = registry()
    for value in (float("nan"), float("inf")):
        gauge.set(value)
        assert named(readings(kept.collect()))["depth"].series == {}


def test_since_tells_what_was_added() -> None:
    """Of counters and histograms; series without news are left out; gauges stay."""
    kept, counter, gauge, seconds = registry()
    counter.labels("ok").inc(3)
    counter.labels("idle").inc()
    gauge.set(5)
    seconds.labels("refund").observe(0.5)
    before = named(readings(kept.collect()))
    counter.labels("ok").inc(2)
    counter.labels("new").inc()
    seconds.labels("refund").observe(9)
    now = named(readings(kept.collect()))
    assert since(now["turns"], before["turns"]).series == {
        (("outcome", "ok"),): 2,
        (("outcome", "new"),): 1,
    }
    assert since(now["took"], before["took"]).series == {
        (("tool", "refund"),): Buckets((0.1, 1.0), (0, 0, 1), 9.0)
    }
    assert since(now["depth"], before["depth"]).series == {(): 5}
    assert since(now["turns"], None) == Reading(
        "turns", "Turns.", "counter", now["turns"].series
    )


def test_what_went_back_began_anew() -> None:
    """All of it is new then."""
    before = Reading("m", "", "counter", {(): 10.0})
    assert since(Reading("m", "", "counter", {(): 4.0}), before).series == {(): 4.0}
    full = Reading("h", "", "histogram", {(): Buckets((1.0,), (5.0, 0.0), 2.0)})
    less = Reading("h", "", "histogram", {(): Buckets((1.0,), (1.0, 0.0), 0.5)})
    assert since(less, full) == less


def test_a_registry_that_fails_has_no_readings() -> None:
    """The thread that reads it goes on."""

    def broken() -> list[object]:
        raise RuntimeError("a collector is broken")

    assert read(broken) == []  # type: ignore[arg-type]
