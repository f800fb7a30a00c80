"""The HTTP door of a process: the gateway, or the health page of a worker."""

import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from mainstay import __version__
from mainstay.assembly.breakers import Guards
from mainstay.assembly.credentials import add_bootstrap_key, tokens_of
from mainstay.assembly.parts import start
from mainstay.assembly.seat import Seat
from mainstay.assembly.serving import Serving, serve_beside
from mainstay.assembly.sharing import Sharing, limiter_of
from mainstay.assembly.storage import Storage
from mainstay.assembly.tracing import tracing_of
from mainstay.caches.audited_breakers import AuditedBreakers
from mainstay.desk.routes import DeskDeps, DeskRoutes
from mainstay.gateway.app import build_app
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.load import Gauges, Load, LoadOptions
from mainstay.gateway.server import bind, serve
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.health import VitalSigns
from mainstay.ports.limiter import Limiter
from mainstay.ports.queue import Queue
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds
from mainstay.system.memory import available_bytes, resident_bytes

MEMORY_SHARE = 0.85
"""Of the memory there is, what the gateways of a port may have together."""

GRACE_S, OPS_GRACE_S = 15, 1
"""What requests get to finish once the door closes; no longer than waits go on."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the HTTP side of a process is built from.

    Args:
        settings: all of them.
        storage: the open store.
        queue: its queue.
        guards: the breakers it holds.
        monitoring: for metrics.
        public: whether customers come in here; else only operators look in.
        ready: whether the process may get traffic.
        seat: its place among several processes on one port; None when it is alone.
        sharing: the cache that processes share, if there is one.
        late_s: how late holding replies are.
        signs: what background checks find.
    """

    settings: Settings
    storage: Storage
    queue: Queue
    guards: Guards
    monitoring: Monitoring
    public: bool
    ready: Callable[[], bool]
    seat: Seat | None = None
    sharing: Sharing | None = None
    late_s: Callable[[], float] = lambda: 0.0
    signs: VitalSigns | None = None

    @property
    def listener(self) -> socket.socket:
        """Where it listens; port 0 takes any free one."""
        if self.seat is not None:
            return self.seat.listener
        settings = self.settings
        port = settings.api_port if self.public else settings.ops_port
        return bind(settings.bind_host, port)


async def open_door(stack: AsyncExitStack, door: Door) -> Serving:
    """Serve HTTP until the stack closes, or before that."""
    await add_bootstrap_key(door.settings, door.storage.store.keys)
    app = build_app(await _deps(stack, door), _options(door))
    listener = door.listener
    grace_s = GRACE_S if door.public else OPS_GRACE_S
    return await serve_beside(
        stack,
        door.settings.bind_host,
        lambda stop, ready: serve(app, listener, stop, ready, grace_s=grace_s),
    )


async def _deps(stack: AsyncExitStack, door: Door) -> GatewayDeps:
    storage, store = door.storage, door.storage.store
    desk = DeskDeps(store.desk, storage.feed, door.queue, door.monitoring)
    return GatewayDeps(
        inbox=store.inbox,
        conversations=store.conversations,
        desk=store.desk,
        keys=store.keys,
        answers=store.answers,
        spend=store.spend,
        queue=door.queue,
        feed=storage.feed,
        clock=storage.clock,
        ids=SystemIds(),
        limiter=await _limiter(stack, door),
        telemetry=door.monitoring,
        tokens=tokens_of(door.settings),
        signs=door.signs,
        ready=door.ready,
        breakers=AuditedBreakers(door.guards.shared, store.audit),
        render_metrics=await _metrics(stack, door),
        parts=[DeskRoutes(desk).mount],
        load=await _load(stack, door) if door.public else None,
        trace_of=tracing_of(door.settings),
    )


async def _load(stack: AsyncExitStack, door: Door) -> Load:
    """Return what measures the load, at work until the stack closes."""
    processes = door.settings.gateway_processes if door.seat is not None else 1
    bound = int(available_bytes() * MEMORY_SHARE / processes)
    load = Load(
        SystemClock(),
        door.monitoring,
        LoadOptions(memory_bytes=bound),
        Gauges(memory=resident_bytes, late_s=door.late_s),
    )
    await start(stack, load)
    return load


async def _limiter(stack: AsyncExitStack, door: Door) -> Limiter:
    """Return the rate limit: in Redis, with the siblings on this port, or alone."""
    if door.sharing is None and door.seat is not None:
        return door.seat.buckets
    return await limiter_of(stack, door.settings, door.sharing, door.monitoring)


async def _metrics(stack: AsyncExitStack, door: Door) -> Callable[[], Awaitable[bytes]]:
    """Return what renders the metrics, of all processes where several share a port."""
    if door.seat is not None:
        figures = door.seat.figures(door.monitoring)
        await start(stack, figures)
        return figures.render

    async def own() -> bytes:
        return door.monitoring.render()

    return own


def _options(door: Door) -> GatewayOptions:
    return GatewayOptions(
        version=__version__,
        request_timeout_s=door.settings.api_timeout_s,
        public=door.public,
    )
