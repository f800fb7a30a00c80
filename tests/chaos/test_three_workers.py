"""Three workers on one Redis: a model that comes back meets three calls, not nine."""

import json
import os
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from tests.acceptance.server import PRIMARY, Server, StandIn
from tests.acceptance.shared import Cluster, metric, until

UP = "mainstay_cache_up"
NAME = f"anthropic/main/{PRIMARY}"
STATE = f'mainstay_breaker_state{{breaker="{NAME}"}}'
OPEN, CLOSED = 2, 0
CUSTOMERS = 18
ANSWER_S = 7.0
"""Less than a first token may take, more than all others need for the fallback."""


def state(server: Server) -> dict[str, Any]:
    """Return the breaker of the primary model as a process tells it."""
    found = server.call("GET", "/v1/admin/breakers")[1]["breakers"]
    return next(one for one in found if one["name"] == NAME)


def until_state(server: Server, wanted: str) -> None:
    """Return when the breaker stands so."""
    until_s = time.monotonic() + 20
    while state(server)["state"] != wanted:
        assert time.monotonic() < until_s, state(server)
        time.sleep(0.02)


class Rush:
    """All customers write at one moment."""

    def __init__(self, gateway: Server) -> None:
        self.replies: list[Any] = []
        self._gateway = gateway
        talks = [gateway.open(f"customer-{n}") for n in range(CUSTOMERS)]
        self._threads = [
            threading.Thread(target=self._say, args=(talk,)) for talk in talks
        ]
        for thread in self._threads:
            thread.start()

    def until_only(self, left: int) -> None:
        """Return when so many still wait for their reply."""
        until_s = time.monotonic() + 30
        while len(self.replies) < CUSTOMERS - left:
            assert time.monotonic() < until_s, len(self.replies)
            time.sleep(0.01)

    def levels(self) -> list[int]:
        """Return the level of each reply, once all are there."""
        for thread in self._threads:
            thread.join()
        return [reply["fallback_level"] for reply in self.replies]

    def _say(self, talk: str) -> None:
        self.replies.append(self._gateway.say(talk, "Hello, who are you?")["reply"])


@pytest.mark.long
def test_three_trials_in_three_workers(shared: Cluster, stand_in: StandIn) -> None:
    """All others have their answer from the fallback at once; then all are back."""
    gateway = shared.start("gateway")
    workers = [shared.start("worker", BREAKER_RECOVERY_SECONDS="2") for _ in range(3)]
    until(UP, 1, gateway, *workers)
    stand_in.fail(primary={"status": 500})
    for _ in range(8):
        gateway.ask("Hello, who are you?")
        if state(gateway)["state"] == "open":
            break
    until(STATE, OPEN, *workers)
    stand_in.fail(primary={"latency_s": ANSWER_S})
    until_state(gateway, "half_open")
    before = stand_in.calls_of(PRIMARY)
    rush = Rush(gateway)
    rush.until_only(3)  # those wait for the trials that they are
    assert stand_in.calls_of(PRIMARY) - before == 3
    assert {reply["fallback_level"] for reply in rush.replies} == {2}
    assert sorted(rush.levels()) == [0] * 3 + [2] * (CUSTOMERS - 3)
    until_state(gateway, "closed")
    stand_in.heal()
    assert state(gateway)["scope"] == "fleet"


def test_a_forced_state_is_every_workers(shared: Cluster, stand_in: StandIn) -> None:
    """Said to the gateway or by the command, known to all within about a second."""
    gateway = shared.start("gateway")
    workers = [shared.start("worker") for _ in range(3)]
    until(UP, 1, gateway, *workers)
    path = f"/v1/admin/breakers/{NAME}"
    body = {"state": "open", "for_seconds": 60, "reason": "a drill"}
    status, forced, _ = gateway.call("POST", path, body)
    assert (status, forced["state"], forced["scope"]) == (200, "open", "fleet")
    said_s = time.monotonic()
    until(STATE, OPEN, *workers)
    assert time.monotonic() - said_s < 2.5
    before = stand_in.calls_of(PRIMARY)
    assert set(Rush(gateway).levels()) == {2}
    assert stand_in.calls_of(PRIMARY) == before
    env = {
        "PATH": os.environ["PATH"],
        "REDIS_URL": shared.redis.url,
        "DATABASE_URL": shared.database,
    }
    source = os.environ.get("PYTHONPATH")
    ran = subprocess.run(
        [sys.executable, "-m", "mainstay", "breakers", "close", NAME, "--json"],
        env=env | ({"PYTHONPATH": source} if source else {}),
        cwd=gateway.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["forced"] == "closed"
    until(STATE, CLOSED, *workers)
    assert gateway.ask("Hello, who are you?")["fallback_level"] == 0
    assert all(metric(worker, UP) == 1 for worker in workers)
