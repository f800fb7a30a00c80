"""Redis is lost, frozen and emptied in the middle of turns, and workers learn."""

import os
import signal
import threading
import time
from typing import Any, Self

import pytest
from tests.acceptance.server import FALLBACK, PRIMARY, Server, StandIn
from tests.acceptance.shared import Cluster, metric, until

UP = "mainstay_cache_up"
CONTEXT = 'mainstay_cache_bypasses_total{use="context"}'
BREAKER = f'mainstay_breaker_state{{breaker="anthropic/main/{PRIMARY}"}}'
POOL = 'mainstay_model_pool_state{pool="sonnet"}'
OPEN, BLOCKED = 2, 3


class Talkers:
    """Customers who go on talking, each in a conversation, until they are told."""

    def __init__(self, gateway: Server, count: int) -> None:
        self.replies: list[Any] = []
        self.slowest_s = 0.0
        self._gateway = gateway
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._talk, args=(f"customer-{n}",))
            for n in range(count)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _talk(self, customer: str) -> None:
        talk = self._gateway.open(customer)
        while not self._stop.is_set():
            started_s = time.monotonic()
            self.replies.append(self._gateway.say(talk, "Where is order 1042?"))
            self.slowest_s = max(self.slowest_s, time.monotonic() - started_s)

    def until_more(self, turns: int = 12) -> None:
        """Return when so many more turns have ended."""
        wanted = len(self.replies) + turns
        until_s = time.monotonic() + 40
        while len(self.replies) < wanted:
            assert time.monotonic() < until_s, "the talk has stopped"
            time.sleep(0.02)


def test_no_turn_fails_whatever_redis_does(shared: Cluster) -> None:
    """Each is answered on level 0; what the store had to tell is counted."""
    gateway, worker = shared.start("gateway"), shared.start("worker")
    redis = shared.redis
    gateway.ask("Hello")  # the worker has loaded what it needs
    with Talkers(gateway, 4) as talkers:
        talkers.until_more()
        assert metric(worker, CONTEXT) == 0
        for strike, heal in (
            (redis.process.kill, redis.start),
            (redis.process.freeze, redis.process.thaw),
        ):
            strike()
            until(UP, 0, worker)
            before = metric(worker, CONTEXT)
            talkers.until_more()
            assert metric(worker, CONTEXT) > before
            heal()
            until(UP, 1, worker)
            talkers.until_more()
        redis.run("FLUSHALL")
        talkers.until_more()
    assert {one["status"] for one in talkers.replies} == {"answered"}
    assert {one["reply"]["fallback_level"] for one in talkers.replies} == {0}
    print(f"{len(talkers.replies)} turns, the slowest {talkers.slowest_s:.2f} s")
    assert talkers.slowest_s < 5


def test_contexts_live_in_redis_for_their_time(shared: Cluster) -> None:
    """Each conversation's under its id; nonsense and another's are not believed."""
    gateway = shared.start("gateway")
    shared.start("worker", REDIS_TTL="77")
    ours, others = gateway.open("ada"), gateway.open("bob")
    for talk in (ours, others):
        for _ in range(2):
            assert gateway.say(talk, "Where is order 1042?")["status"] == "answered"
    key = f"mainstay:context:{ours}"
    left_s = int(shared.redis.run("TTL", key).split(":")[-1].split()[0])
    assert 60 < left_s <= 77
    for lie in (
        ["SET", key, "nonsense"],
        ["COPY", f"{key[: -len(ours)]}{others}", key],
    ):
        shared.redis.run(*lie, *(["REPLACE"] if lie[0] == "COPY" else []))
        answer = gateway.say(ours, "Where is order 1042?")
        assert answer["reply"]["fallback_level"] == 0


@pytest.mark.parametrize(
    ("fault", "turns", "state", "away"),
    [
        ({"status": 500}, 6, BREAKER, OPEN),
        ({"status": 429, "retry_after": 25, "times": 1}, 1, POOL, BLOCKED),
    ],
    ids=["opened", "rate limited"],
)
def test_what_one_worker_learns_keeps_the_other_from_calling(
    shared: Cluster,
    stand_in: StandIn,
    fault: dict[str, Any],
    turns: int,
    state: str,
    away: int,
) -> None:
    """The second one, which slept meanwhile, makes not one call of the model."""
    gateway = shared.start("gateway")
    one, two = shared.start("worker"), shared.start("worker")
    until(UP, 1, one, two)
    os.kill(two.process.pid, signal.SIGSTOP)
    try:
        stand_in.fail(primary=fault)
        for _ in range(turns):
            gateway.ask("Hello, who are you?")
        until(state, away, one)
    finally:
        os.kill(two.process.pid, signal.SIGCONT)
    until(state, away, two)
    one.stop()
    before = stand_in.calls_of(PRIMARY)
    assert before
    for _ in range(3):
        reply = gateway.ask("Hello, who are you?")
        assert (reply["fallback_level"], reply["model"]) == (2, FALLBACK)
    assert stand_in.calls_of(PRIMARY) == before
    assert metric(two, 'mainstay_turns_total{level="2",outcome="answered"}') == 3
    assert metric(gateway, BREAKER) != OPEN, "nobody there would ever close it"
