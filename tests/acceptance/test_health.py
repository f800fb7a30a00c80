"""Health over HTTP, of processes as users run them: it tells, and never waits."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from tests.acceptance.server import Server, StandIn, serving

from mainstay.simulator.server import running_in_thread
from mainstay.testing.servers.postgres import PostgresServer
from mainstay.testing.servers.server import free_port

PERIOD_S = 10.0
AT_ONCE_S = 1.5
LATE_S = 5.0
"""What a busy machine may add."""

ADDRESS = re.compile(r"[^/:@?&=]+")
"""The parts of a URL: among them user, host, port and path."""

MODELS, MESSAGES = "/v1/models", "/v1/messages"
LOOKS = 2


def health(server: Server) -> dict[str, Any]:
    """Return what ``/health`` says, which must come at once."""
    began_s = time.monotonic()
    with urlopen(server.address + "/health", timeout=10) as got:
        found = json.loads(got.read())
    assert time.monotonic() - began_s < AT_ONCE_S
    return found


def until(server: Server, true: Callable[[dict[str, Any]], Any], within_s: float):
    """Return the first health that is so, and after how many seconds it came."""
    began_s = time.monotonic()
    while not true(found := health(server)):
        assert time.monotonic() - began_s < within_s, found
        time.sleep(0.2)
    return found, time.monotonic() - began_s


def looks(claude: StandIn) -> int:
    """Return how often the stand-in was asked for its models."""
    return claude.control("GET", "/calls")["per_path"].get(MODELS, 0)


@pytest.mark.long
def test_claude_is_down_after_two_failures(tmp_path: Path) -> None:
    """And up again after one success; nothing of it costs a token."""
    port = free_port()
    with running_in_thread(port=port) as address:
        claude = StandIn(address)
        with serving(tmp_path / "data", address) as server:
            until(server, lambda h: h["checks"]["claude_api"]["last_run_at"], PERIOD_S)
            claude.control("PUT", "/faults", {MODELS: {"status": 529}})
            once, _ = until(
                server,
                lambda h: h["checks"]["claude_api"]["consecutive_failures"],
                PERIOD_S + LATE_S,
            )
            assert once["claude_api_up"]
            twice, after_s = until(
                server, lambda h: not h["claude_api_up"], PERIOD_S + LATE_S
            )
            assert after_s > PERIOD_S / 2
            assert not twice["overall_healthy"]
            assert twice["database_up"]
            detail = twice["checks"]["claude_api"]["detail"]
            assert detail == "HTTP 529 overloaded_error"
            with urlopen(server.address + "/health/ready", timeout=10) as ready:
                assert ready.status == 200
            claude.control("PUT", "/faults", {MODELS: None})
            until(server, lambda h: h["overall_healthy"], PERIOD_S + LATE_S)
            calls = claude.control("GET", "/calls")
            assert set(calls["per_path"]) == {MODELS}
            assert calls["total"] == 0


@pytest.mark.long
def test_a_gateway_knows_what_a_worker_found(tmp_path: Path, stand_in: StandIn) -> None:
    """One process asks for all; turns are those of the deployment."""
    folder = tmp_path / "data"
    with (
        serving(folder, stand_in.address, "gateway", API_WORKERS="2") as gateway,
        serving(folder, stand_in.address, "worker"),
        serving(folder, stand_in.address, "worker") as other,
    ):
        for n in range(3):
            assert gateway.ask(f"Where is order {n}?")["fallback_level"] == 0
        before, began_s = looks(stand_in), time.monotonic()

        def knows(found: dict[str, Any]) -> bool:
            claude = found["checks"]["claude_api"]
            scope = found["scopes"]["p99_latency_ms"]
            return bool(claude["last_run_at"]) and scope == "deployment"

        for server in (gateway, other):
            found, _ = until(server, knows, 3 * PERIOD_S)
            assert found["overall_healthy"], found
            assert 0 < found["p99_latency_ms"] < 20_000
            assert found["error_rate_percent"] == 0.0
            assert "0 of 3 turns" in found["checks"]["turns"]["detail"]
            assert "learning" in found["checks"]["anomalies"]["detail"]
        passed = (time.monotonic() - began_s) / PERIOD_S
        assert looks(stand_in) - before <= passed + LOOKS


@pytest.mark.long
def test_a_database_that_is_gone(tmp_path: Path, stand_in: StandIn) -> None:
    """It is told after two failures, and health still answers at once meanwhile."""
    postgres = PostgresServer(tmp_path / "server")
    postgres.start()
    url = postgres.create("shop")
    try:
        with serving(tmp_path / "data", stand_in.address, DATABASE_URL=url) as server:
            _, _ = until(
                server, lambda h: h["checks"]["database"]["last_run_at"], PERIOD_S
            )
            assert health(server)["overall_healthy"]
            postgres.stop()
            gone, _ = until(
                server, lambda h: not h["database_up"], 2 * PERIOD_S + 2 * LATE_S
            )
            assert not gone["overall_healthy"]
            assert gone["checks"]["database"]["consecutive_failures"] == 2
            assert gone["claude_api_up"]
            # Whoever asks may be anybody: it tells what kind of trouble, and not where.
            told = gone["checks"]["database"]["detail"]
            assert told.startswith(("no answer in ", "cannot be used now: "))
            assert not [part for part in ADDRESS.findall(url) if part in told]
            for path in ("/health/live", "/health/ready"):
                with urlopen(server.address + path, timeout=10) as got:
                    assert got.status == 200
            postgres.start()
            until(server, lambda h: h["database_up"], PERIOD_S + LATE_S)
    finally:
        postgres.stop()


def test_anomalies_are_told_on_the_command_line(server: Server) -> None:
    """Before the first hour is counted there is nothing to compare."""

    def printed(*more: str) -> str:
        words = ("anomalies", "--data", str(server.folder), *more)
        command = [sys.executable, "-m", "mainstay", *words]
        return subprocess.check_output(command, text=True)

    assert printed().splitlines()[-1]
    told = json.loads(printed("--json"))
    assert set(told) == {"hour", "counted_until", "turns", "signals"}
    assert told["turns"] == 0
