"""Two gateways keep one limit, and with Redis gone they share it out."""

import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.acceptance.server import Server, StandIn
from tests.acceptance.shared import Cluster, cluster, metric, until

from mainstay.caches.census import EVERY_S

RATE = 60
FEW = 10
"""A machine under load is late now and then."""

LEARNT_S = EVERY_S + 1
"""The first gateway has then counted the second."""

UP, BYPASSES = "mainstay_cache_up", 'mainstay_cache_bypasses_total{use="limit"}'
Gateways = tuple[Cluster, Server, Server]


@pytest.fixture
def gateways(tmp_path: Path, stand_in: StandIn) -> Generator[Gateways]:
    """Give two gateways with one Redis."""
    with cluster(tmp_path, stand_in) as shared:
        one, two = (shared.start("gateway", RATE_LIMIT=str(RATE)) for _ in range(2))
        until(UP, 1, one, two)
        yield shared, one, two


def posted(server: Server, customer: str) -> tuple[int, float]:
    """Open a conversation; return the status, and how long it took."""
    started_s = time.monotonic()
    body = {"customer_id": customer}
    status, answer, headers = server.call("POST", "/v1/conversations", body)
    assert status in (201, 429), answer
    assert (status == 429) == ("Retry-After" in {h.title() for h in headers})
    return status, time.monotonic() - started_s


def is_rate(customer: str, *servers: Server, rate: int = RATE) -> bool:
    """Ask each often; tell whether as many pass as a bucket has, no less and no more.

    An answer of Redis that comes too late has taken its request all the same.
    """
    before, started_s = _bypasses(*servers), time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        told = pool.map(lambda one: posted(one, customer), servers * RATE)
        passed = sum(status == 201 for status, _ in told)
    took_s, late = time.monotonic() - started_s, _bypasses(*servers) - before
    print(f"{passed} passed in {took_s:.2f} s; {late:g} requests were counted alone")
    alone = late if late < FEW else 0
    return rate - alone <= passed <= rate + took_s * rate / 60 + 1 + alone


def _bypasses(*servers: Server) -> float:
    return sum(metric(server, BYPASSES) for server in servers)


def test_two_gateways_are_one_limit(gateways: Gateways) -> None:
    """A customer who asks both gets what one would let through."""
    _, one, two = gateways
    assert is_rate("ada", one, two)
    assert is_rate("bob", two)
    assert _bypasses(one, two) < FEW
    check = one.call("GET", "/health")[1]["checks"]["cache"]
    assert (check["ok"], check["critical"]) == (True, False)


def test_without_redis_each_gateway_has_half_of_it(gateways: Gateways) -> None:
    """It says so in metrics and health, and shares again when Redis is back."""
    shared, one, two = gateways
    time.sleep(LEARNT_S)
    shared.redis.process.kill()
    for server in (one, two):
        assert is_rate("ada", server, rate=RATE // 2)
    until(UP, 0, one, two)
    assert metric(one, BYPASSES) >= RATE
    assert metric(two, BYPASSES) >= RATE
    health = one.call("GET", "/health")[1]
    assert not health["checks"]["cache"]["ok"]
    assert not health["checks"]["cache"]["critical"]
    shared.redis.start()
    until(UP, 1, one, two)
    assert is_rate("eve", one, two)


def test_no_request_fails_or_waits_whatever_redis_does(gateways: Gateways) -> None:
    """Killed, restarted, frozen and thawed in the middle of requests."""
    shared, one, two = gateways
    stop = threading.Event()
    told: Counter[int] = Counter()
    slowest_s = [0.0]

    def ask(server: Server, name: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            status, took_s = posted(server, f"{name}-{number % 40}")
            told[status] += 1
            slowest_s[0] = max(slowest_s[0], took_s)

    askers = [
        threading.Thread(target=ask, args=(server, name))
        for server, name in ((one, "a"), (two, "b"))
    ]
    for asker in askers:
        asker.start()
    try:
        for strike, heal in (
            (shared.redis.process.kill, shared.redis.start),
            (shared.redis.process.freeze, shared.redis.process.thaw),
        ):
            strike()
            until(UP, 0, one, two)
            heal()
            until(UP, 1, one, two)
    finally:
        stop.set()
        for asker in askers:
            asker.join()
    assert set(told) <= {201, 429}
    assert told[201] > 100
    print(f"{sum(told.values())} requests, the slowest {slowest_s[0] * 1000:.0f} ms")
    assert slowest_s[0] < 2
