"""Connections to the model that fall silent while they are kept for the next call."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.unit.models.event_streams import asked

from mainstay.domain.model_call import ModelFailure, ModelOutcome
from mainstay.domain.step import ModelStep
from mainstay.models.claude import ClaudeModel
from mainstay.simulator.options import Options
from mainstay.simulator.server import running
from mainstay.system.clock import SystemClock
from mainstay.testing.proxy import Proxy
from mainstay.testing.secret import GivenSecret

KEPT = 3


@dataclass
class Line:
    """An adapter, and the proxy before its server."""

    model: ClaudeModel
    proxy: Proxy

    async def call(self, **changes: float) -> ModelOutcome:
        """Make a call."""
        return await self.model.call(asked(**changes), lambda _: None)

    async def calls(self, count: int) -> list[ModelOutcome]:
        """Make calls at once."""
        return await asyncio.gather(*(self.call() for _ in range(count)))


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Give an adapter that keeps three connections."""
    async with (
        running(Options(pace_s=0.002)) as address,
        Proxy(int(address.rpartition(":")[2])) as proxy,
    ):
        url = f"http://127.0.0.1:{proxy.port}"
        model = ClaudeModel(GivenSecret("key"), url, SystemClock())
        one = Line(model, proxy)
        assert all(isinstance(o, ModelStep) for o in await one.calls(KEPT))
        yield one
        await model.close()


async def test_one_silent_call_finds_out_for_all(line: Line) -> None:
    """It costs its own time until the first token; later calls are answered."""
    assert line.proxy.lines == KEPT
    line.proxy.swallow()
    line.proxy.heal()
    failure = await line.call(first_token_s=0.3)
    assert isinstance(failure, ModelFailure)
    assert (failure.kind, failure.detail) == ("slow", "no first token in 0.3 s")
    outcomes = await line.calls(KEPT)
    assert all(isinstance(outcome, ModelStep) for outcome in outcomes)


async def test_calls_under_way_go_on(line: Line) -> None:
    """A silent call takes no other one with it; the old connections end in time."""
    line.proxy.delay(to_client_s=0.6)
    under_way = asyncio.create_task(line.call())
    await asyncio.wait([under_way], timeout=0.1)
    failure = await line.call(first_token_s=0.2, timeout_s=1.2)
    assert isinstance(failure, ModelFailure)
    line.proxy.heal()
    assert isinstance(await line.call(), ModelStep)
    assert isinstance(await under_way, ModelStep)
    async with asyncio.timeout(5):
        while line.proxy.lines > 1:  # noqa: ASYNC110 - another party's state
            await asyncio.sleep(0.02)


async def test_a_short_call_cuts_no_longer_one_off(line: Line) -> None:
    """One made late in its attempt has little time: others have more than that."""
    line.proxy.delay(to_client_s=0.8)
    under_way = asyncio.create_task(line.call(timeout_s=5))
    await asyncio.wait([under_way], timeout=0.1)
    assert isinstance(await line.call(timeout_s=0.2), ModelFailure)
    assert isinstance(await under_way, ModelStep)
