"""What the checks know of Redis."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.checklist.well import private_key

from mainstay.assembly.checklist import site as sites
from mainstay.assembly.checklist.opening import open_checklist
from mainstay.assembly.checklist.site import Site, open_site
from mainstay.checklist.seal import Seal
from mainstay.settings import load

EMBEDDED = {
    "ANTHROPIC_API_KEY": "k",
    "DB_TYPE": "sqlite",
    "QUEUE_TYPE": "database",
}


async def site_with(cache: Any) -> Site:
    """Return a site with such a cache."""
    async with AsyncExitStack() as stack:
        made = await open_site(stack, load({}), {}, None)
    return Site(*(cache if name == "cache" else getattr(made, name) for name in FIELDS))


FIELDS = ("stack", "settings", "env", "store", "cache", "telemetry", "url")


async def test_redis_is_given_the_time_until_its_next_look() -> None:
    """What it refused to one check is no fault that another one finds."""
    cache = SimpleNamespace(is_up=False)
    asking = asyncio.create_task((await site_with(cache)).cache_is_up())
    await asyncio.sleep(0)
    assert not asking.done()
    cache.is_up = True
    assert await asking


async def test_redis_that_stays_away_is_away(monkeypatch: Any) -> None:
    """So is one that nobody has named."""
    monkeypatch.setattr(sites, "BACK_S", 0.1)
    assert not await (await site_with(SimpleNamespace(is_up=False))).cache_is_up()
    assert not await (await site_with(None)).cache_is_up()


@pytest.mark.parametrize(
    ("named", "env", "word"),
    [
        ("nowhere.at_all:agent", {}, "could not be imported"),
        ("json:agent", {}, "has no Agent"),
        (None, {"MAINSTAY_ENV": "production"}, "no agent is named"),
        (None, {}, ""),
    ],
)
async def test_an_agent_that_cannot_be_loaded_is_a_fault(
    named: str | None, env: dict[str, str], word: str
) -> None:
    """It would keep every process from starting."""
    agent = {} if named is None else {"MAINSTAY_AGENT": named}
    settings = load(env | EMBEDDED | agent, needs=frozenset())
    seal = Seal(private_key())
    async with open_checklist(settings, EMBEDDED, seal) as opened:
        found = await opened.checks[0].look()
    assert (found.verdict == "PASS") is not bool(word)
    assert word in found.detail
