"""Telemetry as a running server sends it, and receivers that do not take it."""

import fcntl
import os
import statistics
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn, serving

from mainstay.testing.otlp import OtlpReceiver, plain

ASKS = 20
END_S = 6.0
"""An idle server drains at once; receivers get 2 s of it."""

FAULTS = [
    # The worst in every test run; ``make proof`` plays the others.
    "hang",
    "hung log",
    *(
        pytest.param(fault, marks=pytest.mark.long)
        for fault in ("429", "413", "cut", "gone", "full disk")
    ),
]

NOISE = 1.5
NOISE_S = 0.05
FULL = Path("/dev/full")
PIPE_BYTES = 4096
BRISK = {
    "LOG_LEVEL": "DEBUG",
    "OTEL_METRIC_EXPORT_INTERVAL": "200",
    "OTEL_BLRP_SCHEDULE_DELAY": "100",
    "OTEL_BLRP_MAX_QUEUE_SIZE": "20",
    "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE": "5",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "300",
    "OTEL_BLRP_EXPORT_TIMEOUT": "400",
}
PATIENT = {
    "hang": {
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60000",
        "OTEL_BLRP_EXPORT_TIMEOUT": "60000",
        "OTEL_METRIC_EXPORT_TIMEOUT": "60000",
    }
}
"""A request that hangs is not over when the process must be."""


@contextmanager
def sending(folder: Path, model: str, address: str, **more: str) -> Generator[Server]:
    """Run a server that sends to a collector."""
    settings = BRISK | {"OTEL_EXPORTER_OTLP_ENDPOINT": address} | more
    with serving(folder, model, **settings) as server:
        yield server


def test_metrics_and_log_of_a_server_arrive(tmp_path: Path, stand_in: StandIn) -> None:
    """While it runs, and what is left when it is told to end."""
    with OtlpReceiver() as got:
        with sending(tmp_path / "data", stand_in.address, got.address) as server:
            server.ask("Where is my order?")
            got.until(lambda: any(m.name == "mainstay_turns" for m in got.metrics()))
            got.until(lambda: "turn.ended" in {r.event_name for r in got.logs()})
            server.ask("And the other one?")
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < END_S
        last = [m for m in got.metrics() if m.name == "mainstay_turns"][-1]
        answered = [
            point.as_double
            for point in last.sum.data_points
            if plain(point.attributes)["outcome"] == "answered"
        ]
        assert sum(answered) == 2
        used = [m for m in got.metrics() if m.name == "gen_ai.client.token.usage"][-1]
        kinds = [plain(point.attributes) for point in used.histogram.data_points]
        assert {kind["gen_ai.token.type"] for kind in kinds} == {"input", "output"}
        assert all(kind["gen_ai.response.model"] for kind in kinds)
        resource = got.requests[-1].message.ListFields()[0][1][0].resource
    assert plain(resource.attributes)["mainstay.role"] == "gateway+worker"


@contextmanager
def unread(pipe: Path) -> Generator[Path]:
    """Make a pipe that is soon full: its reader hangs."""
    os.mkfifo(pipe)
    reads = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    fcntl.fcntl(reads, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    try:
        yield pipe
    finally:
        os.close(reads)


def asked_s(server: Server) -> float:
    """Return the seconds of one question and its reply."""
    began = time.perf_counter()
    assert server.ask("Hello")["fallback_level"] == 0
    return time.perf_counter() - began


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.timeout(120)
def test_a_receiver_that_fails_costs_no_answer_a_moment(
    fault: str, tmp_path: Path, stand_in: StandIn
) -> None:
    """Answers take as long as without telemetry, and SIGTERM ends it all in its time.

    Both servers are asked in turn, so that whatever else the machine does meets both.
    """
    with ExitStack() as stack:
        got = stack.enter_context(OtlpReceiver())
        address = "http://127.0.0.1:9" if fault == "gone" else got.address
        _break(got, fault)
        model = stand_in.address
        log = {"log": FULL} if fault == "full disk" else {}
        if fault == "hung log":
            log = {"log": stack.enter_context(unread(tmp_path / "log"))}
        plainly = stack.enter_context(
            serving(tmp_path / "plain", model, LOG_LEVEL="DEBUG")
        )
        server = stack.enter_context(
            serving(
                tmp_path / "sending",
                model,
                **log,
                **(BRISK | PATIENT.get(fault, {})),
                OTEL_EXPORTER_OTLP_ENDPOINT=address,
            )
        )
        asked_s(plainly)
        asked_s(server)
        times = [(asked_s(plainly), asked_s(server)) for _ in range(ASKS)]
        without_s, with_s = (
            statistics.median(column) for column in zip(*times, strict=True)
        )
        if fault in {"429", "413", "hung log"}:
            got.until(lambda: _dropped(server) > 0)
        began = time.monotonic()
        assert server.stop() == 0
        end_s = time.monotonic() - began
    print(f"{fault}: {without_s * 1e3:.0f} ms without, {with_s * 1e3:.0f} ms with it")
    print(f"the end after {end_s:.1f} s")
    assert with_s < NOISE * without_s + NOISE_S
    assert end_s < END_S


def _break(got: OtlpReceiver, fault: str) -> None:
    match fault:
        case "hang":
            got.hang()
        case "429":
            got.answer(429, {"Retry-After": "1"})
        case "413":
            got.answer(413)
        case "cut":
            got.cut()
        case _:
            pass


def _dropped(server: Server) -> float:
    """Return how many lines of the log were dropped, as Prometheus scrapes it."""
    page = server.call("GET", "/metrics")[1].decode()
    name = 'mainstay_telemetry_dropped_total{signal="logs"} '
    return sum(float(li.split()[-1]) for li in page.splitlines() if li.startswith(name))
