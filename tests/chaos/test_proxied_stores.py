"""Database, cache and broker behind proxies that cut, delay, trickle, fall silent.

One deployment for all: each fault lasts some seconds in the midst of traffic, and what
was accepted meanwhile is answered once, within 30 s, and truly.
"""

from collections.abc import AsyncGenerator, Callable

import pytest
import pytest_asyncio
from tests.chaos.proxied import Deployment, away, deployed, half_open_for_good

from mainstay.testing.proxy import Proxy

PROMPT_S = 12.0
SILENT_S = 20.0
"""How soon all is well after healing: what was silent must first be given up, by the
gateway with a message, and then by the worker with its claim, 6 s each. Two rounds of
turns take some 2 s; the rest is for a busy machine."""

NOTICED_S = 7.0
"""DB_TIMEOUT and two seconds: so late it may be noticed that a session is silent."""

QUICK_S = 8.0
"""A turn takes one; the rest is for a busy machine."""

SWEPT_S = 10.0
"""Work that no wake told of is found after 2 s, by a sweep a second; and a turn's."""

UNAVAILABLE = 503


FAULTS: dict[str, Callable[[Proxy], None]] = {
    "reset": lambda proxy: proxy.cut("rst"),
    "closed": lambda proxy: proxy.cut("fin"),
    "cut in mid-answer": lambda proxy: proxy.cut_after(300, "to_client"),
    "away": away,
    "slow": lambda proxy: proxy.delay(to_server_s=0.03, to_client_s=0.03),
    "trickling": lambda proxy: proxy.trickle(20_000),
    "held": lambda proxy: proxy.hold(),
    "half-open": lambda proxy: proxy.swallow(),
    "half-open for good": half_open_for_good,
}
SILENT = ("held", "half-open", "half-open for good")
EVERYDAY = ("reset", "slow", "trickling", "half-open")
"""One of each kind; the others are played by ``make proof``."""

TRIALS = [
    fault if fault in EVERYDAY else pytest.param(fault, marks=pytest.mark.long)
    for fault in FAULTS
]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(tmp_path_factory) -> AsyncGenerator[Deployment]:
    """Give one with customers who write all the time."""
    async with deployed(tmp_path_factory.mktemp("stores")) as one:
        yield one


@pytest.mark.parametrize("fault", TRIALS)
async def test_a_cache_costs_nobody_a_turn(deployment: Deployment, fault: str) -> None:
    """Each is answered on level 0 as quickly as ever, and nobody is sent away."""
    endured = await deployment.endure("cache", FAULTS[fault], 1.0, PROMPT_S)
    assert endured.levels == {0}
    assert endured.slowest_s < QUICK_S
    assert not endured.refusals


@pytest.mark.parametrize("fault", TRIALS)
async def test_a_broker_costs_seconds_at_most(
    deployment: Deployment, fault: str
) -> None:
    """The store finds the work that no wake told of; nobody is sent away."""
    lasts_s, within_s = (2.5, SILENT_S) if fault in SILENT else (1.0, PROMPT_S)
    endured = await deployment.endure("broker", FAULTS[fault], lasts_s, within_s)
    assert endured.levels == {0}
    assert endured.slowest_s < SWEPT_S
    assert not endured.refusals


@pytest.mark.parametrize("fault", TRIALS)
async def test_a_database_is_waited_for_in_bounds(
    deployment: Deployment, fault: str
) -> None:
    """Accept says 503 and when to try again, only while the database is away."""
    lasts_s, within_s = (7.0, SILENT_S) if fault in SILENT else (1.0, PROMPT_S)
    if fault == "half-open for good":
        lasts_s = 0.0
    endured = await deployment.endure("database", FAULTS[fault], lasts_s, within_s)
    assert {r.status for r in endured.refusals} <= {UNAVAILABLE}
    assert all(r.retry_after for r in endured.refusals)
    assert not endured.refused_after(NOTICED_S if fault in SILENT else 1.0)
    if fault in ("slow", "trickling"):
        assert not endured.refusals
