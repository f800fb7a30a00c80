"""The model behind a proxy that cuts, delays, trickles, falls silent, and is away.

One deployment for all, as in ``test_proxied_stores``; the outage comes last, because
the breakers that it opens stay open for a minute.
"""

from collections.abc import AsyncGenerator, Callable

import pytest
import pytest_asyncio
from tests.chaos.proxied import Deployment, away, deployed, half_open_for_good

from mainstay.testing.proxy import Proxy

PROMPT_S = 12.0
SILENT_S = 20.0
"""Calls that are silent take 8 s until their first token, and are then made again."""

BOUND_S = 15.0
RECOVERED_S = 90.0
"""Breakers stay open for 60 s, give or take a fifth, and then try."""


FAULTS: dict[str, tuple[Callable[[Proxy], None], float]] = {
    "reset": (lambda proxy: proxy.cut("rst"), 0.5),
    "closed": (lambda proxy: proxy.cut("fin"), 0.5),
    "slow": (lambda proxy: proxy.delay(to_server_s=0.2, to_client_s=0.2), 3.0),
    "trickling": (lambda proxy: proxy.trickle(2_000), 3.0),
    "held": (lambda proxy: proxy.hold(), 6.0),
    "half-open for good": (half_open_for_good, 0.0),
}
"""Each with the seconds that it lasts: too short to open a breaker."""

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(150)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def deployment(tmp_path_factory) -> AsyncGenerator[Deployment]:
    """Give one with customers who write all the time."""
    async with deployed(tmp_path_factory.mktemp("model")) as one:
        yield one


@pytest.mark.parametrize("fault", FAULTS)
async def test_calls_that_break_are_made_again(
    deployment: Deployment, fault: str
) -> None:
    """In bounded time, and nobody is sent away: accept needs no model."""
    strike, lasts_s = FAULTS[fault]
    endured = await deployment.endure("model", strike, lasts_s, SILENT_S)
    assert endured.slowest_s < BOUND_S
    assert not endured.refusals


@pytest.mark.long
async def test_an_outage_costs_levels_and_no_answer(deployment: Deployment) -> None:
    """Everybody hears back by a lower level, and on level 0 within 90 s of healing."""
    endured = await deployment.endure("model", away, 4.0, RECOVERED_S)
    assert max(endured.levels) >= 3
    assert not endured.refusals
