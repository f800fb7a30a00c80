"""``API_WORKERS``: several gateway processes on one port, seen from outside."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn, serving

PROCESSES = 3
LIMIT = 20


@pytest.fixture
def gateway(tmp_path: Path, stand_in: StandIn) -> Generator[Server]:
    """Give three gateway processes on one SQLite file, which no worker shares."""
    settings = {"API_WORKERS": str(PROCESSES), "RATE_LIMIT": str(LIMIT)}
    with serving(tmp_path / "data", stand_in.address, "gateway", **settings) as running:
        yield running


def children(server: Server) -> set[int]:
    """Return the processes that the command started."""
    pid = server.process.pid
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return {int(child) for child in told.split()}


def until(holds: Callable[[], bool], within_s: float = 20) -> float:
    """Return the seconds until something holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s
        time.sleep(0.05)
    return time.monotonic() - began


def processes_of(page: bytes) -> set[str]:
    """Return the processes whose metrics a page shows."""
    return set(
        re.findall(r'process_resident_memory_bytes\{process="(\d)"\}', page.decode())
    )


def test_one_port_one_limit_one_page(gateway: Server) -> None:
    """Each request has a process of its own, perhaps; they count together."""
    assert len(children(gateway)) == PROCESSES
    path, body = "/v1/conversations", {"customer_id": "ada"}
    told = [gateway.call("POST", path, body)[0] for _ in range(LIMIT + 5)]
    assert told == [201] * LIMIT + [429] * 5
    _, page, _ = gateway.call("GET", "/metrics")
    assert processes_of(page) == {"0", "1", "2"}
    commits = re.findall(rb"mainstay_store_commits_total\{.*\} (.*)", page)
    assert sum(map(float, commits)) >= LIMIT


def test_a_process_that_dies_is_replaced(gateway: Server) -> None:
    """The others serve meanwhile, and metrics leave out who is not there."""
    before = children(gateway)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    until(lambda: victim not in children(gateway))
    for _ in range(10):
        assert gateway.call("GET", "/health/ready")[0] == 200
    until(lambda: len(children(gateway)) == PROCESSES)
    until(lambda: len(processes_of(gateway.call("GET", "/metrics")[1])) == PROCESSES)
    assert len(children(gateway) - before) == 1


def test_a_worker_beside_them_answers_through_each(
    gateway: Server, stand_in: StandIn
) -> None:
    """One file, three gateways and a worker: replies reach whoever waits."""
    with serving(gateway.folder, stand_in.address, "worker"):
        told = [gateway.ask("Hello, who are you?") for _ in range(6)]
    assert {reply["fallback_level"] for reply in told} == {0}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_drains_all(gateway: Server, number: signal.Signals) -> None:
    """Also when each process gets it too, as from a terminal or a supervisor."""
    talk = gateway.open()
    for pid in (gateway.process.pid, *children(gateway)):
        os.kill(pid, number)
    assert gateway.process.wait(20) == 0
    with serving(gateway.folder, "http://127.0.0.1:9", "gateway") as again:
        assert again.call("GET", f"/v1/conversations/{talk}")[0] == 200


def test_one_that_does_not_drain_is_told(gateway: Server) -> None:
    """A supervisor learns from the exit code that a process was cut off."""
    victim = min(children(gateway))
    os.kill(victim, signal.SIGSTOP)
    gateway.process.terminate()
    until(lambda: children(gateway) == {victim})
    gateway.process.terminate()
    assert gateway.process.wait(20) == 1


def test_processes_without_their_parent_drain(gateway: Server) -> None:
    """When the parent is killed nobody is left on the port."""
    left = children(gateway)
    gateway.process.kill()
    gateway.process.wait()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))


def test_what_cannot_start_is_said_once(tmp_path: Path) -> None:
    """One line, exit code 1, and nothing is left running."""
    env = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
    env |= {
        "API_PORT": "0",
        "API_WORKERS": "3",
        "DATABASE_URL": "sqlite:////dev/null/x",
    }
    done = subprocess.run(
        [sys.executable, "-m", "mainstay", "serve", "gateway"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mainstay: ")
