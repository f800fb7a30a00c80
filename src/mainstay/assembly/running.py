"""Starts roles in one process, and drains them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import uvloop

from mainstay.agent.turn import TurnRunner
from mainstay.assembly.brain import (
    agent_of,
    articles_of,
    persona_of,
    runner_of,
)
from mainstay.assembly.breakers import Guards, guards_of
from mainstay.assembly.door import Door, open_door
from mainstay.assembly.engines import open_storage
from mainstay.assembly.leaving import Leave, leave_behind
from mainstay.assembly.limits import open_rate_gate
from mainstay.assembly.parts import Running, start
from mainstay.assembly.providers import calls_of, open_models
from mainstay.assembly.queues import open_queue
from mainstay.assembly.rotation import rotation_of
from mainstay.assembly.seat import Seat
from mainstay.assembly.sharing import Sharing, open_sharing
from mainstay.assembly.storage import Storage, Tenant
from mainstay.assembly.tools import open_tools
from mainstay.domain.step import FIRST_PARTY
from mainstay.models.claude import preload
from mainstay.monitoring.gauges import Gauges
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.queue import Queue
from mainstay.settings import Settings
from mainstay.system import garbage
from mainstay.system.clock import SystemClock
from mainstay.worker.watchdog import Watchdog
from mainstay.worker.worker import Worker, WorkerOptions

GATEWAY, WORKER = "gateway", "worker"


def run(
    settings: Settings,
    roles: frozenset[str],
    ready: Callable[[Running], None],
    seat: Seat | None = None,
) -> None:
    """Run roles until SIGTERM or SIGINT, then drain and return, within 35 s.

    Args:
        settings: all of them.
        roles: ``gateway``, ``worker``, or both.
        ready: called once everything is up.
        seat: its place among several processes on one port; None when it is alone.
    """
    uvloop.run(_run(settings, roles, ready, seat))


async def _run(
    settings: Settings,
    roles: frozenset[str],
    ready: Callable[[Running], None],
    seat: Seat | None,
) -> None:
    leave = Leave()
    if seat is not None:
        seat.on_orphaned(leave.ask)
    async with serving(settings, roles, seat) as running:
        ready(running)
        await leave.asked()
    await leave_behind()


@asynccontextmanager
async def serving(
    settings: Settings, roles: frozenset[str], seat: Seat | None = None
) -> AsyncGenerator[Running]:
    """Start everything, lowest layer first; stop in the opposite order."""
    if GATEWAY not in roles:
        # Nobody waits for its door. Work that it took would wait for this import, and
        # so would its sessions with the store: long enough for it to seem frozen.
        preload()
    async with AsyncExitStack() as stack:
        base_url, note = await _stand_in(settings, stack)
        frame = await _frame(stack, settings, roles, base_url)
        watchdog = _watchdog(frame)
        await start(stack, watchdog)
        await start(stack, Gauges(frame.queue, frame.monitoring, SystemClock()))
        open_ = asyncio.Event()
        door = Door(
            settings,
            frame.storage,
            frame.queue,
            frame.guards,
            frame.monitoring,
            public=GATEWAY in roles,
            ready=open_.is_set,
            seat=seat,
            sharing=frame.sharing,
            late_s=lambda: watchdog.late_s,
        )
        http = await open_door(stack, door)
        loading = asyncio.create_task(asyncio.to_thread(_warm_up, roles))
        stack.push_async_callback(asyncio.wait, [loading])
        ends = [http.close] if GATEWAY in roles else []
        if WORKER in roles:
            worker = _worker(frame, settings)
            await start(stack, worker)
            ends.append(worker.stop)
        open_.set()
        yield Running(http.address, note, roles)
        # Unready before anything else stops: balancers get the time to notice.
        open_.clear()
        if GATEWAY in roles:
            await SystemClock().sleep(settings.notice_s)
        await asyncio.gather(*(end() for end in ends))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every role of a process stands on."""

    contact: str
    storage: Storage
    queue: Queue
    runner: TurnRunner
    guards: Guards
    monitoring: Monitoring
    sharing: Sharing | None


async def _frame(
    stack: AsyncExitStack,
    settings: Settings,
    roles: frozenset[str],
    base_url: str | None,
) -> _Frame:
    """Open the store, make this process known, put the heart together."""
    monitoring = Monitoring(settings.log_level, as_json=settings.env == "production")
    agent = agent_of(settings)
    persona = persona_of(agent, settings)
    rotation = rotation_of(settings, monitoring)
    await start(stack, rotation)
    url = rotation.secret("DATABASE_URL")
    tenant = Tenant("+".join(sorted(roles)), persona.scope, monitoring, url)
    storage = await open_storage(stack, settings, tenant)
    monitoring.count_commits(storage.commits)
    await storage.store.knowledge.load_articles(articles_of(agent))
    key = rotation.secret("ANTHROPIC_API_KEY")
    models = open_models(stack, settings, base_url, key)
    tools = await open_tools(stack, settings, agent, monitoring, calls=WORKER in roles)
    sharing = await open_sharing(stack, settings, storage, monitoring)
    specs = (spec.name for spec in tools.list())
    guards = guards_of(settings, specs, monitoring, sharing and sharing.circuits)
    limits = (stack, settings, storage, sharing, monitoring)
    gates = [await open_rate_gate(*limits)] if WORKER in roles else []
    runner = runner_of(
        settings,
        storage,
        agent,
        tools=tools,
        caller=calls_of(models, guards, gates, monitoring, settings.hedge_after_s),
        guards=guards,
        telemetry=monitoring,
        sharing=sharing,
    )
    if WORKER in roles:
        # A process that calls no model would never see a followed breaker close.
        await start(stack, guards.shared)
    queue = await open_queue(stack, settings, storage, monitoring)
    return _Frame(persona.contact, storage, queue, runner, guards, monitoring, sharing)


def _watchdog(frame: _Frame) -> Watchdog:
    storage = frame.storage
    return Watchdog(
        storage.owner,
        storage.store.watch,
        storage.store.leases,
        storage.liveness,
        frame.queue,
        frame.contact,
        SystemClock(),
        frame.monitoring,
    )


def _worker(frame: _Frame, settings: Settings) -> Worker:
    return Worker(
        owner=frame.storage.owner,
        queue=frame.queue,
        leases=frame.storage.store.leases,
        journal=frame.storage.store.journal,
        runner=frame.runner,
        clock=SystemClock(),
        telemetry=frame.monitoring,
        options=WorkerOptions(batch=settings.queue_batch),
    )


def _warm_up(roles: frozenset[str]) -> None:
    if WORKER in roles:
        # The first customer must not wait for the import of the SDK; its 44 MB are for
        # who calls the model.
        preload()
    garbage.settle()


async def _stand_in(
    settings: Settings, stack: AsyncExitStack
) -> tuple[str | None, str]:
    """Start the local stand-in if asked for; return its address and a note."""
    if settings.stand_in:
        from mainstay.simulator.options import NATURAL_PACE_S, Options
        from mainstay.simulator.server import running

        options = Options(pace_s=NATURAL_PACE_S)
        address = await stack.enter_async_context(running(options))
        return address, f"a local stand-in at {address} (ANTHROPIC_API_KEY is not set)"
    if settings.providers != [FIRST_PARTY]:
        return None, f"{settings.claude_model} by {settings.claude_providers}"
    if settings.anthropic_base_url is not None:
        return None, f"{settings.claude_model} at {settings.anthropic_base_url}"
    return None, f"Claude, {settings.claude_model}"
