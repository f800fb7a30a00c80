"""The HTTP door of a process: the gateway, or the health page of a worker."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from mainstay import __version__
from mainstay.agent.turn import TurnRunner
from mainstay.assembly.credentials import add_bootstrap_key, tokens_of
from mainstay.assembly.storage import Storage
from mainstay.caches.memory import MemoryCache
from mainstay.caches.shared_limiter import SharedLimiter
from mainstay.desk.routes import DeskDeps, DeskRoutes
from mainstay.domain.errors import StoreUnavailable
from mainstay.gateway.app import build_app
from mainstay.gateway.deps import Breaker, Check, GatewayDeps, GatewayOptions, Probe
from mainstay.gateway.server import bind, serve
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.queue import Queue
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds

MAX_CUSTOMERS = 100_000
"""Rate-limit buckets kept at once; a full bucket is not kept."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the HTTP side of a process is built from.

    Args:
        settings: all of them.
        storage: the open store.
        queue: its queue.
        runner: for the breakers it holds.
        monitoring: for metrics.
        public: whether customers come in here; else only operators look in.
        ready: whether the process may get traffic.
    """

    settings: Settings
    storage: Storage
    queue: Queue
    runner: TurnRunner
    monitoring: Monitoring
    public: bool
    ready: Callable[[], bool]

    @property
    def port(self) -> int:
        """Where it listens; 0 takes any free port."""
        return self.settings.api_port if self.public else self.settings.ops_port


async def open_door(stack: AsyncExitStack, door: Door) -> str:
    """Serve HTTP until the stack closes; return the address."""
    settings = door.settings
    await add_bootstrap_key(settings, door.storage.store.keys)
    app = build_app(_deps(door), _options(door))
    listener = bind(settings.bind_host, door.port)
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(
            app,
            listener,
            stop,
            ready.set_result,
            grace_s=int(settings.api_timeout_s) + 5,
        )
    )

    async def close() -> None:
        stop.set()
        await serving

    stack.push_async_callback(close)
    await asyncio.wait([serving, ready], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
    host = "127.0.0.1" if settings.bind_host == "0.0.0.0" else settings.bind_host  # noqa: S104 - shown, not bound
    return f"http://{host}:{await ready}"


def _deps(door: Door) -> GatewayDeps:
    storage, store = door.storage, door.storage.store
    desk = DeskDeps(store.desk, storage.feed, door.queue, door.monitoring)
    rate = door.settings.rate_limit
    return GatewayDeps(
        inbox=store.inbox,
        conversations=store.conversations,
        desk=store.desk,
        keys=store.keys,
        queue=door.queue,
        feed=storage.feed,
        clock=storage.clock,
        ids=SystemIds(),
        limiter=SharedLimiter(
            MemoryCache(SystemClock(), max_keys=MAX_CUSTOMERS),
            rate_per_minute=rate,
            burst=rate,
            clock=SystemClock(),
            gateways=lambda: 1,
        ),
        telemetry=door.monitoring,
        tokens=tokens_of(door.settings),
        probes=_probes(door),
        ready=door.ready,
        breakers=lambda: _breakers(door.runner),
        render_metrics=door.monitoring.render,
        parts=[DeskRoutes(desk).mount],
    )


def _options(door: Door) -> GatewayOptions:
    return GatewayOptions(
        version=__version__,
        request_timeout_s=door.settings.api_timeout_s,
        public=door.public,
    )


def _probes(door: Door) -> Mapping[str, Probe]:
    async def database() -> Check:
        try:
            await door.storage.store.schedule.stats()
        except StoreUnavailable as error:
            return Check(ok=False, detail=str(error))
        return Check(ok=True)

    async def claude_api() -> Check:
        down = [b.name for b in _breakers(door.runner)[:2] if b.state == "open"]
        return Check(ok=not down, detail=f"paused: {', '.join(down)}" if down else "")

    return {"database": database, "claude_api": claude_api}


def _breakers(runner: TurnRunner) -> Sequence[Breaker]:
    """Return the models' breakers, then the tools'."""
    named = {**runner.caller.breakers, **runner.tool_breakers}
    return [
        Breaker(name, one.state, one.failures, one.retry_in_s)
        for name, one in named.items()
    ]
