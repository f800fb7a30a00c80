"""Telemetry that is lost: Prometheus sees it, and Alertmanager tells."""

from pathlib import Path

import pytest
from tests.acceptance.server import StandIn, serving
from tests.acceptance.watched import Watch

from mainstay.testing.otlp import OtlpReceiver

pytestmark = pytest.mark.long

NAME = "MainstayTelemetryDropped"
BRISK = {"LOG_LEVEL": "DEBUG", "OTEL_BLRP_SCHEDULE_DELAY": "100"}


def test_what_a_receiver_refuses_is_told_until_it_is_taken(
    tmp_path: Path, stand_in: StandIn, watch: Watch
) -> None:
    """Named by its signal, while customers are answered as ever."""
    with (
        OtlpReceiver() as got,
        serving(
            tmp_path / "data",
            stand_in.address,
            OTEL_EXPORTER_OTLP_ENDPOINT=got.address,
            **BRISK,
        ) as server,
    ):
        watch.scrape(server)

        def ask() -> None:
            assert server.ask("Hello, who are you?")["fallback_level"] == 0

        got.answer(400)
        watch.pager.wait("firing", NAME, meanwhile=ask)
        told = watch.pager.last(NAME, "firing")
        signals = {one["labels"]["signal"] for one in told}
        assert signals <= {"logs", "metrics", "spans"}
        got.heal()
        watch.pager.wait("resolved", NAME, meanwhile=ask)
