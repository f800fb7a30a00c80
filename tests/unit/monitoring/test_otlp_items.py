"""OTLP's form: what the official messages read out of what we wrote."""

import json
import math

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from mainstay.monitoring.otlp.attributes import MAX_CHARACTERS, MAX_ENTRIES
from mainstay.monitoring.otlp.envelope import Envelope
from mainstay.monitoring.otlp.points import Period, metric_item
from mainstay.monitoring.otlp.records import record_item
from mainstay.monitoring.otlp.spans import KNOWN, REMOTE, SAMPLED, span_item
from mainstay.monitoring.readings import Buckets, Kind, Reading, Tags, Value
from mainstay.monitoring.span import Link, Span
from mainstay.testing.otlp import plain

ENVELOPE = Envelope({"service.name": "shop", "process.pid": 7}, "mainstay", "0.1.0")
TRACE, PARENT, CHILD = bytes(range(16)), bytes(range(8)), b"8 bytes!"
NOW_NS = 1_700_000_000_123_000_000
BARE = Span(
    trace_id=TRACE, span_id=CHILD, parent_id=b"", name="turn", kind="internal",
    start_ns=NOW_NS, end_ns=NOW_NS + 5,
)  # fmt: skip


def decoded(message, item: bytes):
    """Return the one item of a request, after checking what is around it."""
    message.ParseFromString(ENVELOPE.around([item]))
    (outer,) = message.ListFields()[0][1]
    assert plain(outer.resource.attributes) == {
        "service.name": "shop",
        "process.pid": 7,
    }
    (inner,) = outer.ListFields()[1][1]
    assert (inner.scope.name, inner.scope.version) == ("mainstay", "0.1.0")
    (one,) = inner.ListFields()[1][1]
    return one


def span(one: Span):
    """Return a span as a receiver reads it."""
    return decoded(ExportTraceServiceRequest(), span_item(one))


def record(level: int, name: str, **fields: object):
    """Return a line of the log as a receiver reads it."""
    return decoded(ExportLogsServiceRequest(), record_item(NOW_NS, level, name, fields))


def metric(kind: Kind, series: dict[Tags, Value], *, delta: bool = False, name="m"):
    """Return a metric as a receiver reads it."""
    reading = Reading(name, "What it is.", kind, series)
    item = metric_item(reading, Period(NOW_NS - 60, NOW_NS, delta))
    return decoded(ExportMetricsServiceRequest(), item)


def test_a_span_is_whole() -> None:
    """Identity, times, kind, state, status, flags, attributes of each type, links."""
    link = Link(TRACE[::-1], PARENT, {"why": "resumed"})
    got = span(
        Span(
            trace_id=TRACE,
            span_id=CHILD,
            parent_id=PARENT,
            remote_parent=True,
            state="vendor=1",
            name="chat claude-sonnet-5-5",
            kind="client",
            start_ns=NOW_NS,
            end_ns=NOW_NS + 700_000_000,
            attributes={
                "gen_ai.operation.name": "chat",
                "gen_ai.usage.input_tokens": 1234,
                "negative": -1,
                "ratio": 0.25,
                "tools": True,
                "off": False,
                "gen_ai.response.finish_reasons": ("end_turn", "tool_use"),
            },
            status="error",
            message="HTTP 529",
            links=(link,),
        )
    )
    assert (got.trace_id, got.span_id, got.parent_span_id) == (TRACE, CHILD, PARENT)
    assert (got.trace_state, got.name) == ("vendor=1", "chat claude-sonnet-5-5")
    assert got.kind == got.SPAN_KIND_CLIENT
    assert got.start_time_unix_nano == NOW_NS
    assert got.end_time_unix_nano == NOW_NS + 700_000_000
    assert got.flags == SAMPLED | KNOWN | REMOTE
    assert (got.status.code, got.status.message) == (2, "HTTP 529")
    assert plain(got.attributes) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.usage.input_tokens": 1234,
        "negative": -1,
        "ratio": 0.25,
        "tools": True,
        "off": False,
        "gen_ai.response.finish_reasons": ["end_turn", "tool_use"],
    }
    assert (got.links[0].trace_id, got.links[0].span_id) == (TRACE[::-1], PARENT)
    assert plain(got.links[0].attributes) == {"why": "resumed"}


def test_a_root_span_has_no_parent_and_no_status() -> None:
    """What is not said is absent, not empty."""
    got = span(BARE)
    assert got.parent_span_id == b""
    assert not got.HasField("status")
    assert got.flags == SAMPLED | KNOWN


def test_what_receivers_refuse_is_cut() -> None:
    """A long text, a long list, many attributes, half a surrogate pair."""
    many = {f"name_{number}": number for number in range(200)}
    attributes = {"long": "é" * 10_000, "list": ["x"] * 500, "half": "a\ud800b", **many}
    got = plain(span(replaced(attributes)).attributes)
    assert got["long"] == "é" * MAX_CHARACTERS
    assert len(got["list"]) == MAX_ENTRIES
    assert got["half"] == "a?b"
    assert len(got) == 64


def replaced(attributes) -> Span:
    """Return the bare span with attributes."""
    return Span(
        trace_id=TRACE, span_id=CHILD, parent_id=b"", name="turn", kind="internal",
        start_ns=NOW_NS, end_ns=NOW_NS, attributes=attributes,
    )  # fmt: skip


def test_a_line_of_the_log_is_a_record() -> None:
    """Its name, severity and fields; ids become the record's own; None is left out."""
    got = record(
        30, "turn.ended", outcome="dead", fallback_level=None, duration_ms=1.5,
        trace_id=TRACE.hex(), span_id=CHILD.hex(),
    )  # fmt: skip
    assert got.time_unix_nano == got.observed_time_unix_nano == NOW_NS
    assert (got.severity_number, got.severity_text) == (13, "WARN")
    assert got.body.string_value == got.event_name == "turn.ended"
    assert plain(got.attributes) == {"outcome": "dead", "duration_ms": 1.5}
    assert (got.trace_id, got.span_id) == (TRACE, CHILD)


def test_what_is_no_id_stays_a_field() -> None:
    """A field of that name that is no such id is told as it is."""
    got = record(20, "odd", trace_id="not hex", span_id=7, more={"a": 1})
    assert (got.trace_id, got.span_id) == (b"", b"")
    told = {"trace_id": "not hex", "span_id": 7, "more": '{"a": 1}'}
    assert plain(got.attributes) == told


def test_what_has_parts_is_told_as_json() -> None:
    """As the line on disk has it, so that receivers can take it apart."""
    context = {"order": "A-1", "tries": 2, "ok": True, "café": None}
    got = plain(record(20, "odd", context=context, seen=("a", 1), own={"x"}).attributes)
    assert json.loads(got["context"]) == context
    assert "café" in got["context"]
    assert got["seen"] == '["a", 1]'
    assert got["own"] == "{'x'}"


def test_what_json_has_not_is_told_all_the_same() -> None:
    """In words: no line is lost for its form."""
    endless: list[object] = []
    endless.append(endless)
    got = record(20, "odd", keyed={(1, 2): 3}, held={"a": {"b"}}, endless=endless)
    assert plain(got.attributes) == {
        "keyed": "{(1, 2): 3}",
        "held": """{"a": "{'b'}"}""",
        "endless": "[[...]]",
    }


def test_levels_are_severities() -> None:
    """OpenTelemetry's numbers for the five levels."""
    got = [record(level, "x").severity_number for level in (10, 20, 30, 40, 50)]
    assert got == [5, 9, 13, 17, 21]


def test_a_counter_is_a_monotonic_sum() -> None:
    """Since its start, or since the reading before where that is asked for."""
    for delta, temporality in ((False, 2), (True, 1)):
        got = metric("counter", {(("outcome", "ok"),): 12.0}, delta=delta)
        assert (got.name, got.description) == ("m", "What it is.")
        assert got.sum.is_monotonic
        assert got.sum.aggregation_temporality == temporality
        (point,) = got.sum.data_points
        assert (point.as_double, plain(point.attributes)) == (12.0, {"outcome": "ok"})
        assert point.start_time_unix_nano == NOW_NS - 60
        assert point.time_unix_nano == NOW_NS


def test_a_gauge_is_a_gauge() -> None:
    """With its unit, as the name tells it."""
    got = metric("gauge", {(): -1.5}, name="mainstay_clock_skew_seconds")
    assert got.unit == "s"
    assert [point.as_double for point in got.gauge.data_points] == [-1.5]


def test_a_histogram_has_explicit_buckets() -> None:
    """Each bucket with its own count; one more than there are bounds."""
    buckets = Buckets((0.1, 1.0), (3.0, 0.0, 2.0), 9.5)
    got = metric("histogram", {(("tool", "refund"),): buckets}, delta=True)
    assert got.histogram.aggregation_temporality == 1
    (point,) = got.histogram.data_points
    assert (point.count, point.sum) == (5, 9.5)
    assert list(point.bucket_counts) == [3, 0, 2]
    assert list(point.explicit_bounds) == [0.1, 1.0]
    assert plain(point.attributes) == {"tool": "refund"}
    assert math.isclose(sum(point.bucket_counts), point.count)
