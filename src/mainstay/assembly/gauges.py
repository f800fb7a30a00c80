"""What the gauges of a process look at."""

import asyncio
from functools import partial

from mainstay.assembly.storage import Storage
from mainstay.monitoring.backlog import Backlog
from mainstay.monitoring.gauges import Gauges, Look
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock
from mainstay.system.disk import disk_bytes

HOUR_S = 3600.0

REST_S = 0.2
"""Between two pages of the audit chain, of 1000 entries: a walk takes a few percent of
a core at most."""


def gauges_of(
    settings: Settings, storage: Storage, backlog: Backlog, monitoring: Monitoring
) -> Gauges:
    """Return what keeps the gauges of store, queue and disk fresh."""
    state, leases = monitoring.state, storage.store.leases

    async def standing() -> None:
        state.set_standing(await storage.store.standings.look())

    async def processes() -> None:
        workers = await leases.serving("worker")
        state.set_processes(workers=workers, gateways=await leases.serving("gateway"))

    async def disk() -> None:
        state.set_disk(*await asyncio.to_thread(disk_bytes, settings.data))

    async def skew() -> None:
        state.set_skew(storage.skew_s())

    looks = [Look(backlog.read), Look(standing), Look(processes), Look(skew)]
    looks += [Look(disk, at_start=False), _audit(storage, monitoring)]
    return Gauges(looks, monitoring, SystemClock())


def _audit(storage: Storage, monitoring: Monitoring) -> Look:
    """Return the hourly walk over the audit chain, which one process makes for all."""
    rest = partial(SystemClock().sleep, REST_S)

    async def audit() -> None:
        known = await storage.store.leases.enlisted()
        if storage.owner == min(owner for owner, _ in known):
            verdict = await storage.store.audit.verify(rest)
            monitoring.state.set_audit(valid=verdict.intact)

    return Look(audit, HOUR_S, at_start=False)
