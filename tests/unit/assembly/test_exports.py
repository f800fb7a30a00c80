"""What a process sends, from its settings to the receiver."""

import io
import logging
import os
import re
import socket
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest

from mainstay.assembly.exports import open_exports, probe
from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.version import VERSION
from mainstay.monitoring.span import Span
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import Held, ToolCalled, Trouble, TurnEnded
from mainstay.settings import load
from mainstay.testing.otlp import OtlpReceiver, plain

WORKER = frozenset({"worker"})
SPAN = Span(
    trace_id=b"t" * 16, span_id=b"s" * 8, parent_id=b"", name="turn", kind="internal",
    start_ns=1, end_ns=2,
)  # fmt: skip


class FullDisk(io.StringIO):
    """A stream that takes nothing."""

    def write(self, s: str, /) -> int:
        """Refuse."""
        raise OSError(28, "No space left on device")


async def life(
    events: list[Any], *, stream: Any = None, spans: int = 1, **env: str
) -> tuple[Monitoring, float]:
    """Live the life of a process; return its monitoring and the seconds of its end."""
    monitoring = Monitoring("DEBUG", as_json=True, stream=stream or io.StringIO())
    async with AsyncExitStack() as stack:
        exports = await open_exports(stack, load(env), WORKER, monitoring)
        for event in events:
            monitoring.emit(event)
        for _ in range(spans if exports else 0):
            assert exports is not None
            exports.offer(SPAN)
        began = time.monotonic()
    return monitoring, time.monotonic() - began


def resources(got: OtlpReceiver) -> list[dict[str, Any]]:
    """Return the resource of each request."""
    return [
        plain(one.resource.attributes)
        for request in got.requests
        for one in request.message.ListFields()[0][1]
    ]


async def test_a_collector_gets_spans_metrics_and_log() -> None:
    """All that happened, before the process ends."""
    events = [TurnEnded("turn_1", "answered", 0, 1500.0), Held("turn_2")]
    with OtlpReceiver() as got:
        await life(events, OTEL_EXPORTER_OTLP_ENDPOINT=got.address)
        assert sorted(request.path for request in got.requests) == [
            "/v1/logs",
            "/v1/metrics",
            "/v1/traces",
        ]
        assert [span.name for span in got.spans()] == ["turn"]
        assert [record.event_name for record in got.logs()] == [
            "turn.ended",
            "turn.held",
        ]
        told = {metric.name: metric for metric in got.metrics()}
    turns = told["mainstay_turns"].sum
    assert turns.aggregation_temporality == 2
    assert [point.as_double for point in turns.data_points] == [1]
    buckets = told["mainstay_turn_duration_seconds"].histogram.data_points[0]
    assert (buckets.count, buckets.sum) == (1, 1.5)
    assert told["mainstay_turn_duration_seconds"].unit == "s"


async def test_metrics_are_what_prometheus_scrapes() -> None:
    """Each counter and gauge of the page is told, by its name and with its value."""
    events = [ToolCalled("turn_1", "refund", "ok", 20.0), Trouble("outbox", "OSError")]
    with OtlpReceiver() as got:
        monitoring, _ = await life(events, OTEL_EXPORTER_OTLP_ENDPOINT=got.address)
        told = {metric.name for metric in got.metrics()}
    with_series = {
        family.name
        for family in monitoring.collect()
        if family.samples and not family.name.startswith("process_")
    }
    assert with_series == {name for name in told if not name.startswith("process_")}
    assert "process_resident_memory_bytes" in told


async def test_model_calls_are_told_by_the_conventions_too() -> None:
    """To each receiver of metrics, all that there were; never at the page."""
    end = ModelStep("m-1", [], "end_turn", Usage(10, 5))
    call = ModelCalled("turn_1", "m", "ok", 700.0, usage=end.usage, end=end)
    with OtlpReceiver() as datadog, OtlpReceiver() as new_relic:
        monitoring, _ = await life(
            [call, call],
            DATADOG_API_KEY="dd-secret",
            DATADOG_OTLP_ENDPOINT=datadog.address,
            NEW_RELIC_LICENSE_KEY="nr-secret",
            NEW_RELIC_OTLP_ENDPOINT=new_relic.address,
        )
        for got in (datadog, new_relic):
            told = {metric.name: metric for metric in got.metrics()}
            (took,) = told["gen_ai.client.operation.duration"].histogram.data_points
            assert (took.count, took.sum) == (2, 1.4)
            assert plain(took.attributes)["gen_ai.response.model"] == "m-1"
            tokens = told["gen_ai.client.token.usage"].histogram.data_points
            assert [
                (plain(point.attributes)["gen_ai.token.type"], point.sum)
                for point in tokens
            ] == [("input", 20), ("output", 10)]
            calls = told["mainstay_model_calls"].sum.data_points
            assert [point.as_double for point in calls] == [2]
    assert "gen_ai" not in monitoring.render().decode()


async def test_each_request_says_who_sent_it() -> None:
    """Service, version, environment, host, process, role; what is set goes first."""
    with OtlpReceiver() as got:
        await life(
            [Held("turn_1")],
            OTEL_EXPORTER_OTLP_ENDPOINT=got.address,
            OTEL_SERVICE_NAME="shop",
            OTEL_RESOURCE_ATTRIBUTES="team=support,deployment.environment.name=canary",
            MAINSTAY_ENV="development",
        )
        found = resources(got)
    host, pid = socket.gethostname(), os.getpid()
    assert len(found) == 3
    assert all(one == found[0] for one in found)
    assert found[0] == {
        "service.name": "shop",
        "service.version": VERSION,
        "service.instance.id": f"{host}-{pid}",
        "deployment.environment.name": "canary",
        "host.name": host,
        "process.pid": pid,
        "mainstay.role": "worker",
        "team": "support",
    }


async def test_datadog_gets_what_it_takes() -> None:
    """Its key in each request, delta only, each request below its limits, gzipped."""
    with OtlpReceiver() as got:
        await life(
            [Held("turn_1")],
            DATADOG_API_KEY="dd-secret",
            DATADOG_OTLP_ENDPOINT=got.address,
        )
        requests = got.requests
        kinds = {
            metric.name: metric.sum.aggregation_temporality
            or metric.histogram.aggregation_temporality
            for metric in got.metrics()
        }
    assert {request.signal for request in requests} == {"traces", "metrics", "logs"}
    for request in requests:
        assert request.headers["dd-api-key"] == "dd-secret"
        assert request.headers["content-encoding"] == "gzip"
        assert request.headers["content-type"] == "application/x-protobuf"
        assert request.unpacked < 500_000
    # Gauges have none.
    assert set(kinds.values()) == {0, 1}
    assert kinds["mainstay_holding_replies"] == 1


async def test_new_relic_gets_what_it_takes() -> None:
    """The same, by its own header."""
    with OtlpReceiver() as got:
        await life(
            [Held("turn_1")],
            NEW_RELIC_LICENSE_KEY="nr-secret",
            NEW_RELIC_OTLP_ENDPOINT=got.address,
        )
        requests = got.requests
    assert {request.signal for request in requests} == {"traces", "metrics", "logs"}
    assert {request.headers["api-key"] for request in requests} == {"nr-secret"}
    assert max(request.unpacked for request in requests) < 1_000_000


async def test_both_vendors_get_everything() -> None:
    """One that fails takes nothing from the other."""
    with OtlpReceiver() as datadog, OtlpReceiver() as new_relic:
        datadog.answer(403)
        monitoring, _ = await life(
            [Held("turn_1")],
            DATADOG_API_KEY="dd-secret",
            DATADOG_OTLP_ENDPOINT=datadog.address,
            NEW_RELIC_LICENSE_KEY="nr-secret",
            NEW_RELIC_OTLP_ENDPOINT=new_relic.address,
        )
        assert len(new_relic.spans()) == 1
        assert len(datadog.requests) >= 3
    page = monitoring.render().decode()
    assert 'mainstay_telemetry_dropped_total{signal="spans"} 1.0' in page
    (metrics,) = re.findall(r'dropped_total{signal="metrics"} (\S+)', page)
    assert float(metrics) > 0


async def test_what_a_receiver_rejects_is_counted_and_told() -> None:
    """Of every signal, though it answered with success."""
    out = io.StringIO()
    with OtlpReceiver() as got:
        got.reject(3, "too old")
        monitoring, _ = await life(
            [Held("turn_1")], stream=out, OTEL_EXPORTER_OTLP_ENDPOINT=got.address
        )
    page = monitoring.render().decode()
    for signal, name in (("spans", "traces"), ("metrics", "metrics"), ("logs", "logs")):
        (count,) = re.findall(f'dropped_total{{signal="{signal}"}} (\\S+)', page)
        # Each line that tells of a fault is one more to be rejected.
        assert float(count) >= 3
        assert f'"{name} to the collector: 3 rejected: too old"' in out.getvalue()


async def test_no_key_gets_into_the_log() -> None:
    """Also when a receiver refuses it: the log says who refused what, and why."""
    out = io.StringIO()
    with OtlpReceiver() as got:
        got.answer(403)
        await life(
            [Held("turn_1")],
            stream=out,
            DATADOG_API_KEY="dd-secret",
            DATADOG_OTLP_ENDPOINT=got.address,
            OTEL_EXPORTER_OTLP_HEADERS="authorization=secret",
        )
    assert '"error": "traces to Datadog: HTTP 403"' in out.getvalue()
    assert "secret" not in out.getvalue()


async def test_a_full_disk_keeps_no_line_from_the_receiver() -> None:
    """It is all that is left of the log then."""
    with OtlpReceiver() as got:
        address = got.address
        await life(
            [Held("turn_1")], stream=FullDisk(), OTEL_EXPORTER_OTLP_ENDPOINT=address
        )
        assert [record.event_name for record in got.logs()] == ["turn.held"]


async def test_only_lines_that_are_written_are_sent() -> None:
    """LOG_LEVEL holds for both."""
    monitoring = Monitoring("WARNING", stream=io.StringIO())
    lines: list[tuple[int, str]] = []

    class Sink:
        def record(self, level: int, name: str, fields: object) -> None:
            lines.append((level, name))

    monitoring.send_to(Sink())
    monitoring.emit(Held("turn_1"))
    monitoring.emit(ToolCalled("turn_1", "refund", "ok", 20.0))
    assert lines == [(logging.WARNING, "turn.held")]


@pytest.mark.parametrize("fault", ["hang", "cut", "429", "413", "gone"])
async def test_the_end_comes_in_its_time(fault: str) -> None:
    """Whatever a receiver does: 2 s at most, and as soon as it has answered."""
    with OtlpReceiver() as got:
        address = got.address
        match fault:
            case "hang":
                got.hang()
            case "cut":
                got.cut()
            case "429":
                got.answer(429, {"Retry-After": "60"})
            case "413":
                got.answer(413)
            case _:
                address = "http://127.0.0.1:9"
        _, took_s = await life(
            [Held("turn_1")], spans=600, OTEL_EXPORTER_OTLP_ENDPOINT=address
        )
    print(f"{fault}: {took_s:.2f} s")
    assert took_s < (3.5 if fault == "hang" else 2.5)


async def test_nothing_is_started_where_nothing_is_set() -> None:
    """No thread, no object."""
    monitoring = Monitoring(stream=io.StringIO())
    async with AsyncExitStack() as stack:
        assert await open_exports(stack, load({}), WORKER, monitoring) is None


async def test_receivers_can_be_probed() -> None:
    """Each is asked with its key, sent nothing, and what it said is told."""
    with OtlpReceiver() as datadog, OtlpReceiver() as new_relic:
        new_relic.answer(403)
        env = {
            "DATADOG_API_KEY": "dd-secret",
            "DATADOG_OTLP_ENDPOINT": datadog.address,
            "NEW_RELIC_LICENSE_KEY": "nr-secret",
            "NEW_RELIC_OTLP_ENDPOINT": new_relic.address,
        }
        assert probe(load(env), WORKER) == {
            f"{signal} to {name}": said
            for signal in ("traces", "metrics", "logs")
            for name, said in (("Datadog", ""), ("New Relic", "HTTP 403"))
        }
        assert datadog.requests[0].headers["dd-api-key"] == "dd-secret"
        assert datadog.spans() == []
    assert "refused" in probe(
        load({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}), WORKER
    )["logs to the collector"]  # fmt: skip
    assert probe(load({}), WORKER) == {}


async def test_an_agent_gets_metrics_by_dogstatsd() -> None:
    """Beside whatever else is set."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind(("127.0.0.1", 0))
        agent.settimeout(5)
        url = f"udp://127.0.0.1:{agent.getsockname()[1]}"
        await life([Held("turn_1")], DD_DOGSTATSD_URL=url, OTEL_SERVICE_NAME="shop")
        lines: list[str] = []
        while not {"holding_replies", "shedding"} <= {
            line.partition(":")[0].removeprefix("mainstay_") for line in lines
        }:
            lines += agent.recv(65_536).decode().splitlines()
    tags = f"service:shop,env:development,version:{VERSION}"
    assert f"mainstay_holding_replies:1|c|#{tags}" in lines
    process = f"process:{socket.gethostname()}-{os.getpid()}"
    assert f"mainstay_shedding:0|g|#{process},{tags}" in lines
