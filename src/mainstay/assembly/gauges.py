"""What the gauges of a process look at."""

import asyncio

from mainstay.assembly.audit_walks import LOOK_S, AuditWalks
from mainstay.assembly.storage import Storage
from mainstay.monitoring.backlog import Backlog
from mainstay.monitoring.gauges import Gauges, Look
from mainstay.monitoring.telemetry import Monitoring
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock
from mainstay.system.disk import disk_bytes


def gauges_of(
    settings: Settings, storage: Storage, backlog: Backlog, monitoring: Monitoring
) -> Gauges:
    """Return what keeps the gauges of store, queue and disk fresh."""
    state, leases, clock = monitoring.state, storage.store.leases, SystemClock()
    walks = AuditWalks(storage, state, clock)

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
    looks += [Look(disk, at_start=False), Look(walks.look, LOOK_S, at_start=False)]
    return Gauges(looks, monitoring, clock)
