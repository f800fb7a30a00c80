"""A flood far above what a server can do: some are turned away, nobody is let down."""

import asyncio
import resource
import sqlite3
import time
from collections import Counter
from collections.abc import Coroutine, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.flood import Flood, Told
from tests.acceptance.server import KEY, Server, StandIn, serving

WRITERS, READERS = 3_000, 500
FLOOD_S = 8.0
CONVERSATIONS = 100
P99_S = 10.0
STALL_AFTER_S, STALL_S = 2.0, 3.0
"""The store is kept from writing for so long, in the midst of it."""

MOST_MB = 600
ANSWERED_S = 30.0


def peak_mb(server: Server) -> float:
    """Return the most resident memory that the server has had, in megabytes."""
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    [peak] = [line for line in lines if line.startswith("VmHWM:")]
    return int(peak.split()[1]) / 1024


def shed_counts(server: Server) -> str:
    """Return what the metrics say about requests that were turned away."""
    page = server.call("GET", "/metrics")[1].decode()
    lines = [line for line in page.splitlines() if "requests_shed_total{" in line]
    return "\n".join(lines)


def p99_s(answers: list[Told]) -> float:
    """Return the 99th percentile of how long answers took, in seconds."""
    return sorted(one.took_s for one in answers)[int(len(answers) * 0.99)]


def ask_all(server: Server, turns: set[str], within_s: float) -> list[float]:
    """Return the seconds until each turn's customer heard back."""
    until_s = time.monotonic() + within_s
    waited_s: list[float] = []
    for turn_id in turns:
        while (turn := server.call("GET", f"/v1/turns/{turn_id}")[1])["reply"] is None:
            assert time.monotonic() < until_s, f"{turn_id} has no reply"
            time.sleep(0.2)
        at_ms = turn["timings"]
        heard_ms = min(
            at_ms[name] for name in ("held_ms", "answered_ms") if at_ms.get(name)
        )
        waited_s.append((heard_ms - at_ms["accepted_ms"]) / 1000)
    return waited_s


@dataclass
class Witness:
    """Repeats an old message and looks at the health, as long as the flood lasts.

    Args:
        server: under the flood.
        conversation_id: of the old message.
    """

    server: Server
    conversation_id: str
    repeats: int = 0

    def say(self) -> tuple[int, Any]:
        """Say the same under the same key; return status and body."""
        path = f"/v1/conversations/{self.conversation_id}/messages"
        said = {"text": "Before the flood"}
        return self.server.call("POST", path, said, Idempotency_Key="k1")[:2]

    async def during(self, others: Coroutine[Any, Any, list[Told]]) -> list[Told]:
        """Return what the others were told; each repetition was answered the same."""
        first = self.say()
        running = asyncio.create_task(others)
        while not running.done():
            assert await asyncio.to_thread(self.say) == first
            live = await asyncio.to_thread(self.server.call, "GET", "/health/live")
            assert live[0] == 200
            self.repeats += 1
        return await running


async def stall(server: Server) -> None:
    """Keep the store from writing for a while: its capacity is nothing then."""
    with closing(sqlite3.connect(server.folder / "mainstay.db", timeout=5)) as store:
        await asyncio.sleep(STALL_AFTER_S)
        store.execute("BEGIN IMMEDIATE")
        await asyncio.sleep(STALL_S)
        store.rollback()


async def flood(server: Server, talks: list[str]) -> list[Told]:
    """Return what everybody was told."""
    crowd = Flood(server.address, KEY, talks).run(WRITERS, READERS, FLOOD_S)
    answers, _ = await asyncio.gather(crowd, stall(server))
    return answers


@pytest.fixture
def busy(tmp_path: Path, stand_in: StandIn) -> Generator[Server]:
    """Give a server without a limit for each customer, and with enough sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    settings = {"RATE_LIMIT": "1000000"}
    try:
        with serving(tmp_path / "data", stand_in.address, **settings) as running:
            yield running
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_flood_is_turned_away_in_part_and_answered_in_full(busy: Server) -> None:
    """Each 202 is answered, each refusal says when to come again, and then it is over.

    Messages are accepted in good time and memory stays bounded meanwhile; health and a
    repeated message get through; the next message after the flood is accepted at once.
    """
    talks = [busy.open(f"customer-{n}") for n in range(CONVERSATIONS)]
    witness = Witness(busy, talks[0])
    answers = asyncio.run(witness.during(flood(busy, talks)))
    after = busy.call(
        "POST", f"/v1/conversations/{talks[0]}/messages", {"text": "After the flood"}
    )
    accepted = [one for one in answers if one.status == 202]
    refused = [one for one in answers if one.status == 503]
    print(Counter(one.status for one in answers), witness.repeats)
    print(p99_s(accepted), peak_mb(busy), shed_counts(busy))
    assert {one.status for one in answers} <= {200, 202, 503}
    assert accepted
    assert {one.again for one in refused} == {"1", "2", "3"}
    assert after[0] == 202, after
    assert witness.repeats > 0
    assert p99_s(accepted) < P99_S
    assert peak_mb(busy) < MOST_MB
    assert shed_counts(busy)
    turns = {one.turn_id for one in accepted} | {after[1]["turn_id"]}
    assert max(ask_all(busy, turns, within_s=60)) <= ANSWERED_S
