"""A limit on what is spent is met: what customers, operators and others see of it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.server import PRIMARY, Server, StandIn, serving
from tests.acceptance.shared import metric
from tests.conformance import postgres_ports

from mainstay.testing.servers.postgres import PostgresServer

TODAY = "The limit of automatic answers for today has been reached."
HERE = "This conversation has reached its limit of automatic answers."
TOLD = "A colleague has been told and will look at your message."
HELLO = "Hello, who are you?"
CAT = "My cat ate my left shoe"
REFUND = {"tool_use": [{"name": "refund_order", "input": {"order_id": "1042"}}]}
ONE = "1"
"""So few tokens allow one call, which is over it."""

TOMORROW = """
CREATE OR REPLACE FUNCTION mainstay.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
  'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 86400000'
"""


def calls(stand_in: StandIn) -> int:
    """Return how many calls the model got."""
    return len(stand_in.control("GET", "/calls")["calls"])


def turn(server: Server, answer: Any) -> Any:
    """Return the turn that an answer is of."""
    return server.call("GET", f"/v1/turns/{answer['turn_id']}")[1]


def tokens(usage: Any) -> int:
    """Return all tokens of a turn."""
    return sum(usage.values())


def spend(server: Server) -> Any:
    """Return what administrators see."""
    status, found, _ = server.call("GET", "/v1/admin/spend")
    assert status == 200, found
    return found


def test_a_customer_meets_the_limit_in_mid_conversation(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """Told plainly, on level 4, by no error; a human is told once; others go on."""
    log = tmp_path / "log"
    settings = {"LIMIT_CUSTOMER_TOKENS_PER_DAY": ONE, "LOG_LEVEL": "WARNING"}
    with serving(tmp_path / "d", stand_in.address, log=log, **settings) as server:
        talk = server.open("eve")
        first = server.say(talk, HELLO)
        assert first["reply"]["fallback_level"] == 0
        before = calls(stand_in)
        for _ in range(2):
            told = server.say(talk, CAT)
            assert told["status"] == "answered"
            assert told["reply"]["response"].startswith(f"{TODAY} {TOLD}")
            assert (told["reply"]["fallback_level"], told["reply"]["model"]) == (
                4,
                "none",
            )
        assert calls(stand_in) == before
        seen = turn(server, told)
        assert seen["timings"]["limited_ms"] > 0
        assert tokens(seen["usage"]) == 0
        inbox = server.call("GET", "/v1/escalations")[1]["escalations"]
        assert [(one["conversation_id"], one["cause"]) for one in inbox] == [
            (talk, "LIMIT_CUSTOMER_TOKENS_PER_DAY is reached")
        ]
        assert server.call("GET", f"/v1/conversations/{talk}")[1]["owner"] == "ai"
        name = 'mainstay_limits_reached_total{limit="customer_tokens"}'
        assert metric(server, name) >= 2
        assert "limit.reached" in log.read_text()
        other = server.say(server.open("ada"), HELLO)
        assert other["reply"]["fallback_level"] == 0


def test_what_was_done_is_told_when_the_limit_stops_the_turn(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """A refund between two calls: the second is not made, the refund is named."""
    stand_in.control("PUT", "/script", {PRIMARY: [REFUND]})
    settings = {"LIMIT_DAY_TOKENS": "2", "LIMIT_CUSTOMER_TOKENS_PER_DAY": ONE}
    with serving(tmp_path / "d", stand_in.address, **settings) as server:
        told = server.say(server.open(), "I want a refund for order 1042")["reply"]
        assert told["fallback_level"] == 4
        assert told["response"].startswith(TODAY)
        assert "59.90" in told["response"]
        assert calls(stand_in) == 1


def test_a_conversation_goes_on_after_the_hand_back(
    tmp_path: Path, stand_in: StandIn
) -> None:
    """Its limit is in dollars here; a help article is given all the same."""
    settings = {"LIMIT_CONVERSATION_USD": "0.01"}
    with serving(tmp_path / "d", stand_in.address, **settings) as server:
        talk = server.open()
        for _ in range(40):
            reply = server.say(talk, "How do I return something?")["reply"]
            if reply["fallback_level"] == 3:
                break
        assert "30 days" in reply["response"]
        assert reply["response"].startswith(f"{HERE} {TOLD}")
        for how in ("takeover", "handback"):
            server.call("POST", f"/v1/conversations/{talk}/{how}", {})
        assert server.say(talk, HELLO)["reply"]["fallback_level"] == 0


def test_administrators_see_what_is_spent(tmp_path: Path, stand_in: StandIn) -> None:
    """Over HTTP and on the command line, the dearest customer first."""
    with serving(tmp_path / "d", stand_in.address) as server:
        asked = [("ada", 1), ("eve", 3)]
        turns = {
            name: [
                turn(server, server.say(server.open(name), HELLO)) for _ in range(count)
            ]
            for name, count in asked
        }
        found = spend(server)
        expected = [
            {
                "customer_id": name,
                "tokens": sum(tokens(one["usage"]) for one in turns[name]),
                "usd": pytest.approx(sum(one["cost_usd"] for one in turns[name])),
            }
            for name in ("eve", "ada")
        ]
        assert found["customers"] == expected
        assert found["tokens"] == sum(one["tokens"] for one in found["customers"])
        assert found["day"] == time.strftime("%Y-%m-%d", time.gmtime())
        client = server.call("GET", "/v1/admin/spend", key="x" * 40)
        assert client[0] == 401
        for words in (("--json",), ()):
            done = subprocess.run(
                [sys.executable, "-m", "mainstay", "spend", *words],
                env=dict(os.environ) | {"MAINSTAY_DATA": str(server.folder)},
                capture_output=True,
                text=True,
                check=True,
            )
            if words:
                assert json.loads(done.stdout)["tokens"] == found["tokens"]
            assert "eve" in done.stdout


@dataclass(frozen=True)
class Site:
    """A gateway and two workers on one PostgreSQL."""

    gateway: Server
    workers: list[Server]
    database: PostgresServer
    name: str


@pytest.fixture
def site(tmp_path: Path, stand_in: StandIn) -> Generator[Site]:
    """Give a site whose customers have one call a day."""
    server = postgres_ports.server()
    name = f"limits_{time.monotonic_ns()}"
    settings = {
        "DATABASE_URL": server.create(name),
        "API_WORKERS": "1",
        "LIMIT_CUSTOMER_TOKENS_PER_DAY": ONE,
    }
    with ExitStack() as stack:

        def start(role: str, n: int) -> Server:
            folder = tmp_path / f"{role}-{n}"
            return stack.enter_context(
                serving(folder, stand_in.address, role, **settings)
            )

        gateway = start("gateway", 0)
        yield Site(gateway, [start("worker", n) for n in (1, 2)], server, name)


TALKS = 12


def test_two_workers_exceed_a_limit_by_what_runs_at_once(
    site: Site, stand_in: StandIn
) -> None:
    """Turns that ran together may all pass it, none that came later does.

    What both counted is what their turns say; the next UTC day is a new one.
    """
    stand_in.fail(every={"latency_s": 1.0})
    talks = [site.gateway.open("eve") for _ in range(TALKS)]

    def ask_all() -> list[Any]:
        with ThreadPoolExecutor(TALKS) as pool:
            asked = pool.map(lambda id_: site.gateway.say(id_, HELLO), talks)
            return [turn(site.gateway, answer) for answer in asked]

    together = ask_all()
    made = calls(stand_in)
    assert {one["reply"]["fallback_level"] for one in together} <= {0, 4}
    used = [tokens(one["usage"]) for one in together]
    total = spend(site.gateway)["tokens"]
    assert total == sum(used)
    assert made > 1
    assert total <= int(ONE) + TALKS * max(used)
    later = ask_all()
    assert [one["reply"]["fallback_level"] for one in later] == [4] * TALKS
    assert all(one["reply"]["response"].startswith(TODAY) for one in later)
    assert calls(stand_in) == made
    stand_in.heal()
    ada = site.gateway.open("ada")
    assert site.gateway.say(ada, HELLO)["reply"]["model"] == PRIMARY
    site.database.sql(TOMORROW, site.name)
    again = site.gateway.say(talks[0], HELLO)
    assert again["reply"]["fallback_level"] == 0
    assert spend(site.gateway)["tokens"] == tokens(turn(site.gateway, again)["usage"])
