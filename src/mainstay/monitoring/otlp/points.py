"""Metrics in OTLP's form.

Source: https://github.com/open-telemetry/opentelemetry-proto, ``metrics.proto``, 1.x;
the numbers of fields never change.
"""

from dataclasses import dataclass

from mainstay.monitoring.otlp import wire
from mainstay.monitoring.otlp.attributes import attributes
from mainstay.monitoring.otlp.envelope import ITEM
from mainstay.monitoring.readings import Buckets, Reading, Tags, Value

_NAME, _HELP, _UNIT = (wire.tag(field, wire.BLOCK) for field in (1, 2, 3))
_GAUGE, _SUM, _HISTOGRAM = (wire.tag(field, wire.BLOCK) for field in (5, 7, 9))
_POINT = wire.tag(1, wire.BLOCK)
_DELTA, _CUMULATIVE = (wire.tag(2, wire.VARINT) + wire.varint(n) for n in (1, 2))
_ONLY_GROWS = wire.tag(3, wire.VARINT) + wire.varint(1)
_START, _TIME = wire.tag(2, wire.FIXED64), wire.tag(3, wire.FIXED64)
_NUMBER, _NUMBER_TAG = wire.tag(4, wire.FIXED64), wire.tag(7, wire.BLOCK)
_COUNT, _TOTAL = wire.tag(4, wire.FIXED64), wire.tag(5, wire.FIXED64)
_COUNTS, _BOUNDS = wire.tag(6, wire.BLOCK), wire.tag(7, wire.BLOCK)
_BUCKETS_TAG = wire.tag(9, wire.BLOCK)


@dataclass(frozen=True, slots=True)
class Period:
    """The time that values are of.

    Args:
        start_ns: since when they were counted, nanoseconds since 1970.
        end_ns: when they were read.
        delta: whether that begins where the reading before ended.
    """

    start_ns: int
    end_ns: int
    delta: bool


def metric_item(reading: Reading, period: Period) -> bytes:
    """Return a metric as an item of a request."""
    points = b"".join(
        wire.block(_POINT, _point(tags, value, period))
        for tags, value in reading.series.items()
    )
    told = wire.block(_NAME, wire.text(reading.name))
    told += wire.block(_HELP, wire.text(reading.help))
    if reading.unit:
        told += wire.block(_UNIT, wire.text(reading.unit))
    return wire.block(ITEM, told + _data(reading, points, period))


def _data(reading: Reading, points: bytes, period: Period) -> bytes:
    kept = _DELTA if period.delta else _CUMULATIVE
    match reading.kind:
        case "gauge":
            return wire.block(_GAUGE, points)
        case "counter":
            return wire.block(_SUM, points + kept + _ONLY_GROWS)
        case "histogram":
            return wire.block(_HISTOGRAM, points + kept)


def _point(tags: Tags, value: Value, period: Period) -> bytes:
    times = _START + wire.fixed64(period.start_ns) + _TIME + wire.fixed64(period.end_ns)
    if isinstance(value, Buckets):
        return b"".join(
            (
                times,
                _COUNT + wire.fixed64(int(value.count)),
                _TOTAL + wire.double(value.total),
                wire.block(_COUNTS, wire.counts(value.counts)),
                wire.block(_BOUNDS, wire.numbers(value.bounds)),
                attributes(_BUCKETS_TAG, tags),
            )
        )
    return times + _NUMBER + wire.double(value) + attributes(_NUMBER_TAG, tags)
