"""The breakers that processes share, opened by themselves for administration."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from mainstay.assembly.brain import agent_of
from mainstay.assembly.breakers import guards_of
from mainstay.assembly.engines import open_store
from mainstay.assembly.parts import start
from mainstay.assembly.sharing import cache_of
from mainstay.caches.audited_breakers import AuditedBreakers
from mainstay.domain.errors import MainstayError
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.breakers import Breakers
from mainstay.settings import Settings


@asynccontextmanager
async def open_breakers(settings: Settings) -> AsyncGenerator[Breakers]:
    """Open the breakers of all processes, with these up or down.

    Raises:
        MainstayError: there is no Redis that they share, or no store for the audit.
    """
    monitoring = Monitoring(settings.log_level)
    cache = cache_of(settings, monitoring)
    if cache is None:
        raise MainstayError(
            "REDIS_URL not set: each process has breakers of its own; see and force "
            "them over its HTTP, /v1/admin/breakers"
        )
    tools = (tool.spec.name for tool in agent_of(settings).tools)
    guards = guards_of(settings, tools, monitoring, cache.circuits)
    async with AsyncExitStack() as stack:
        await start(stack, cache)
        if not cache.is_up:
            raise MainstayError("Redis does not answer; its address is REDIS_URL")
        store = await stack.enter_async_context(open_store(settings))
        yield AuditedBreakers(guards.shared, store.audit)
