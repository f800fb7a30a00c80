"""The provider's limits, shared by all workers."""

from contextlib import AsyncExitStack

from mainstay.agent.rate_gate import RateGate
from mainstay.assembly.parts import start
from mainstay.assembly.sharing import Sharing
from mainstay.assembly.storage import Storage
from mainstay.caches.census import Census
from mainstay.caches.pool_leases import PoolLeases
from mainstay.domain.pool import pool_of
from mainstay.ports.telemetry import Telemetry
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock


async def open_rate_gate(
    stack: AsyncExitStack,
    settings: Settings,
    storage: Storage,
    sharing: Sharing | None,
    telemetry: Telemetry,
) -> RateGate:
    """Return the gate of a worker, with limits in Redis or in this process."""
    clock = SystemClock()
    census = Census(storage.store.leases, "worker", telemetry, clock)
    await start(stack, census)
    models = [settings.claude_model]
    if settings.fallback_enabled:
        models.append(settings.fallback_model)
    leases = PoolLeases(
        None if sharing is None else sharing.cache,
        {pool_of(model) for model in models},
        sharers=lambda: census.count,
        clock=clock,
        telemetry=telemetry,
    )
    await start(stack, leases)
    return RateGate(leases, tuple(models), clock)
