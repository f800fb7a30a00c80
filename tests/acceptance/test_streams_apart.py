"""A reply streamed while it is made, by a gateway that does not make it."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from tests.acceptance.listener import Heard, Listener, reply_of
from tests.acceptance.server import Server, StandIn, serving
from tests.conformance.postgres_ports import server as postgres

SLOW = {"slow_tokens_s": 0.1}
_numbers = count(1)


@dataclass(frozen=True)
class Apart:
    """A gateway and a worker, each a process, with a database between them.

    Args:
        gateway: serves HTTP.
        database: what they share.
    """

    gateway: Server
    database: str

    def post(self, talk: str) -> str:
        """Post a message without waiting; return its turn."""
        path = f"/v1/conversations/{talk}/messages"
        said = {"text": "Hello, who are you?"}
        status, body, _ = self.gateway.call("POST", path, said)
        assert status == 202, body
        return body["turn_id"]

    def state(self, turn: str) -> str:
        """Return how far a turn is."""
        return self.gateway.call("GET", f"/v1/turns/{turn}")[1]["state"]

    def cut_news(self) -> int:
        """End the sessions that send and hear news, of both; return how many."""
        told = postgres().sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (query LIKE '%pg_notify%' OR query LIKE '%SELECT now_ms()%')",
            self.database,
        )
        return int(told)


@pytest.fixture
def apart(tmp_path: Path, stand_in: StandIn) -> Generator[Apart]:
    """Give a gateway and a worker that share nothing but the database."""
    database = f"apart_{next(_numbers)}"
    url = postgres().create(database)
    shared = {"DATABASE_URL": url, "API_WORKERS": "1"}
    with (
        serving(tmp_path / "g", stand_in.address, "gateway", **shared) as gateway,
        serving(tmp_path / "w", stand_in.address, "worker", **shared),
    ):
        yield Apart(gateway, database)


def drafts(heard: Sequence[Heard]) -> list[list[Heard]]:
    """Return the deltas between resets."""
    parts: list[list[Heard]] = [[]]
    for one in heard:
        if one.kind == "reset":
            parts.append([])
        elif one.kind == "delta":
            parts[-1].append(one)
    return parts


def test_a_reply_streams_from_another_process(apart: Apart, stand_in: StandIn) -> None:
    """Its pieces come in order while the turn runs, and make the durable message."""
    stand_in.fail(primary=SLOW)
    talk = apart.gateway.open()
    listener = Listener(apart.gateway, talk)
    turn = apart.post(talk)
    heard = listener.until(lambda h: h.kind == "delta")
    assert apart.state(turn) == "running"
    heard += listener.until(reply_of(turn))
    listener.close()
    deltas = [h for h in heard if h.kind == "delta"]
    assert len(deltas) > 5
    assert [h.data["n"] for h in deltas] == list(range(len(deltas)))
    assert "".join(h.data["text"] for h in deltas) == heard[-1].data["text"]
    assert [h.kind for h in heard].count("reset") == 0


def test_news_that_are_cut_cost_no_event(apart: Apart, stand_in: StandIn) -> None:
    """Both processes' news sessions end in mid-draft: the draft may, events do not.

    No draft has a hole, and what follows streams again.
    """
    stand_in.fail(primary=SLOW)
    talk = apart.gateway.open()
    listener = Listener(apart.gateway, talk)
    first = apart.post(talk)
    heard = listener.until(lambda h: h.kind == "delta" and h.data["n"] == 2)
    assert apart.cut_news() >= 2
    heard += listener.until(reply_of(first))
    heard += listener.until(lambda h: h.kind == "turn" and h.id is not None)
    second = apart.post(talk)
    then = listener.until(reply_of(second))
    listener.close()
    whole = Listener(apart.gateway, talk, 0)
    events = [h for h in whole.until(reply_of(second)) if h.id is not None]
    whole.close()
    assert [h for h in heard + then if h.id is not None] == events
    for draft in drafts(heard):
        assert [h.data["n"] for h in draft] == list(range(len(draft)))
    said = "".join(h.data["text"] for h in then if h.kind == "delta")
    assert said == then[-1].data["text"]
