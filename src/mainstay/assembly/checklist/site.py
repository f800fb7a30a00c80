"""What the checks look at, opened once and when it is needed."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstay.assembly.checklist.late_store import LateStore
from mainstay.assembly.parts import start
from mainstay.assembly.sharing import cache_of
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock

if TYPE_CHECKING:
    from mainstay.caches.redis.cache import RedisCache

BACK_S = 2.0
"""Longer than it takes until Redis is looked at again."""

PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Site:
    """A deployment, as its checks reach it.

    Args:
        stack: closes what is opened.
        settings: of the deployment.
        env: what they were read from.
        store: opened at its first use.
        cache: Redis, connected or known to be away; None when none is named.
        telemetry: writes nothing: what goes wrong here is a finding.
        url: of a gateway, when one was named.
    """

    stack: AsyncExitStack
    settings: Settings
    env: Mapping[str, str]
    store: LateStore
    cache: "RedisCache | None"
    telemetry: Monitoring
    url: str | None

    @property
    def is_production(self) -> bool:
        """Whether the strict rules hold."""
        return self.settings.env == "production"

    async def cache_is_up(self) -> bool:
        """Tell whether Redis answers.

        What it refused to another check cut it off, until the next look at it.
        """
        if self.cache is None:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(BACK_S):
                while not self.cache.is_up:
                    await SystemClock().sleep(PAUSE_S)
        return self.cache.is_up


async def open_site(
    stack: AsyncExitStack, settings: Settings, env: Mapping[str, str], url: str | None
) -> Site:
    """Return the deployment; only Redis is connected to, for a second at most."""
    telemetry = Monitoring("CRITICAL")
    cache = cache_of(settings, telemetry)
    if cache is not None:
        await start(stack, cache)
    store = LateStore(stack, settings)
    return Site(stack, settings, env, store, cache, telemetry, url)


def once(make: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """Return what does something the first time only; a failure is tried again."""
    done = False

    async def run() -> None:
        nonlocal done
        if not done:
            await make()
            done = True

    return run
