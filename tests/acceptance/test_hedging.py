"""A late first answer gets a second call beside it, and 5% of the calls at most do."""

import re
from pathlib import Path
from time import monotonic

from tests.acceptance.server import PRIMARY, Server, StandIn, serving

from mainstay.simulator.server import running_in_thread

LATE = {"latency_s": 6, "times": 1}
EARNED_BY = 20


def hedges(server: Server) -> dict[str, int]:
    """Return what the metrics tell of second calls, by who won."""
    text = server.call("GET", "/metrics")[1].decode()
    found = re.findall(r'model_hedges_total\{.*won="(\w+)"\} (\d+)', text)
    return {won: int(count) for won, count in found}


def test_a_late_first_answer_costs_seconds_less(tmp_path: Path) -> None:
    """By the same provider; the next late one has to wait, for the share is used up."""
    with (
        running_in_thread() as address,
        serving(tmp_path / "data", address, HEDGE_AFTER_SECONDS="2.5") as server,
    ):
        model = StandIn(address)
        for _ in range(EARNED_BY):
            server.ask("Hello, who are you?")
        before = model.control("GET", "/calls")["total"]
        took_s = list[float]()
        for _ in range(2):
            model.fail(every=LATE)
            began_s = monotonic()
            reply = server.ask("Hello, who are you?")
            took_s.append(monotonic() - began_s)
            assert (reply["fallback_level"], reply["model"]) == (0, PRIMARY)
        assert 2.5 <= took_s[0] < 5.9
        assert took_s[1] >= 6
        assert model.control("GET", "/calls")["total"] == before + 3
        assert hedges(server) == {"second": 1}


def test_without_the_setting_nobody_is_asked_twice(tmp_path: Path) -> None:
    """Off is the default."""
    with running_in_thread() as address, serving(tmp_path / "data", address) as server:
        model = StandIn(address)
        for _ in range(EARNED_BY):
            server.ask("Hello, who are you?")
        model.fail(every=LATE)
        server.ask("Hello, who are you?")
        assert model.control("GET", "/calls")["total"] == EARNED_BY + 1
        assert hedges(server) == {}
