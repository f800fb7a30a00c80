"""Gateways and workers on PostgreSQL, while what they stand on fails.

The same trials as ``make proof`` holds at full size, made small.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.bench.test_bench_quick import ROOT

HEARD_S = 3.0
"""A turn takes a second here; without a broker it may be found two seconds late."""


def trial(folder: Path, *args: str) -> dict[str, Any]:
    """Hold a trial and return its figures; every promise must have been kept."""
    page = folder / "figures.json"
    logs = ("--logs", str(folder / "logs"), "--json", str(page))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cluster", *args, *logs],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    return json.loads(page.read_text())["figures"]


@pytest.mark.timeout(300)
def test_every_202_is_honoured_whatever_fails(tmp_path: Path) -> None:
    """Workers killed, frozen; PostgreSQL restarted, crashed, down; no Redis."""
    size = ("--talks", "60", "--messages", "10", "--kills", "2")
    times = ("--frozen-s", "16", "--down-s", "4", "--calm-s", "0.5")
    faults = ("--faults", "kill,freeze,outage,restart,crash,redis")
    figures = trial(tmp_path, *size, *times, *faults)
    assert figures["answered_once"] == figures["accepted"] >= 600
    assert figures["resume_turns"] > 0
    assert figures["frozen_resume_turns"] > 0
    assert figures["refused_with_503"] > 0


@pytest.mark.timeout(200)
def test_a_broker_that_stops_and_hangs_loses_nothing(tmp_path: Path) -> None:
    """Its wakes are lost; the store finds their work, and accept does not wait."""
    size = ("--talks", "40", "--messages", "5", "--kills", "1")
    faults = ("--faults", "broker,kill,hang", "--down-s", "4", "--calm-s", "0.2")
    figures = trial(tmp_path, "--queue", "sqs", *size, *faults)
    assert figures["answered_once"] == figures["accepted"] >= 200
    assert figures["wait_max_s"] < 10


@pytest.mark.long
@pytest.mark.timeout(200)
def test_without_any_broker_all_are_answered_through_the_store(tmp_path: Path) -> None:
    """Nobody listens where QUEUE_URL leads: replies come in time, accept is as fast."""
    size = ("--talks", "40", "--messages", "5", "--seconds", "10", "--faults", "")
    figures = trial(tmp_path, "--queue", "nowhere", *size)
    assert figures["answered_once"] == figures["accepted"] == 200
    assert figures["wait_p99_s"] < HEARD_S
    assert figures["accept_p50_ms"] < 100
