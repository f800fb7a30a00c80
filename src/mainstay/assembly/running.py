"""Starts roles in one process, and drains them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import uvloop

from mainstay.assembly.door import Door, open_door
from mainstay.assembly.frame import GATEWAY, WORKER, Frame, open_frame
from mainstay.assembly.gauges import gauges_of
from mainstay.assembly.leaving import Leave, leave_behind
from mainstay.assembly.pages import publish_page
from mainstay.assembly.parts import Running, start
from mainstay.assembly.seat import Seat
from mainstay.assembly.signs import signs_of
from mainstay.domain.step import FIRST_PARTY
from mainstay.monitoring.backlog import Backlog
from mainstay.monitoring.loop_lag import LoopLag
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.settings import Settings
from mainstay.system import garbage
from mainstay.system.clock import SystemClock
from mainstay.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from mainstay.assembly.working import Working
    from mainstay.monitoring.alerting.watcher import Watcher
    from mainstay.monitoring.health.signs import Signs
    from mainstay.ports.findings import Reachable


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
        _preload()
    async with AsyncExitStack() as stack:
        base_url, note = await _stand_in(settings, stack)
        frame = await open_frame(stack, settings, roles)
        working = await _working(stack, frame, base_url) if WORKER in roles else None
        signs = await _look_around(stack, frame, working and working.claude)
        watchdog = _watchdog(frame)
        await start(stack, watchdog)
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
            signs=signs,
        )
        http = await open_door(stack, door)
        watcher = await _watch_alerts(stack, settings, frame, http.address, roles)
        loading = asyncio.create_task(_warm_up(roles, frame.monitoring))
        stack.push_async_callback(asyncio.wait, [loading])
        await start(stack, signs)
        ends = [http.close] if GATEWAY in roles else []
        if watcher is not None:
            ends.append(watcher.stop)
        if working is not None:
            await start(stack, working.worker)
            ends.append(working.worker.stop)
        open_.set()
        yield Running(http.address, note, roles)
        # Unready before anything else stops: balancers get the time to notice.
        open_.clear()
        if GATEWAY in roles:
            await SystemClock().sleep(settings.notice_s)
        await asyncio.gather(*(end() for end in ends))


async def _look_around(
    stack: AsyncExitStack, frame: Frame, claude: "Reachable | None"
) -> "Signs":
    """Keep the gauges fresh from here on, and return the checks, to be started."""
    monitoring = frame.monitoring
    backlog = Backlog(frame.queue, monitoring.state)
    await start(stack, gauges_of(frame.settings, frame.storage, backlog, monitoring))
    await start(stack, LoopLag(monitoring.state.lagged, SystemClock()))
    signs = signs_of(frame, claude, backlog.ready)
    monitoring.show_signs(signs)
    return signs


async def _watch_alerts(
    stack: AsyncExitStack,
    settings: Settings,
    frame: Frame,
    served: str,
    roles: frozenset[str],
) -> "Watcher | None":
    """Show others this process's metrics; return who watches over alerts, if it is to.

    It may wait for somebody who is slow to be told, and so ends beside the others.
    """
    storage, monitoring = frame.storage, frame.monitoring
    await publish_page(stack, settings, storage, monitoring, served)
    if GATEWAY not in roles or not settings.alerts_somebody:
        return None
    from mainstay.assembly.alerting import open_alerting

    return await open_alerting(stack, settings, storage, monitoring)


def _watchdog(frame: Frame) -> Watchdog:
    storage = frame.storage
    return Watchdog(
        storage.owner,
        storage.store.watch,
        storage.store.leases,
        storage.liveness,
        frame.queue,
        frame.persona.contact,
        SystemClock(),
        frame.monitoring,
    )


async def _working(
    stack: AsyncExitStack, frame: Frame, base_url: str | None
) -> "Working":
    # Only a worker has use for what this loads.
    from mainstay.assembly.working import open_worker

    return await open_worker(stack, frame, base_url)


async def _warm_up(roles: frozenset[str], telemetry: Telemetry) -> None:
    if WORKER in roles:
        # The first customer must not wait for the import of the SDK; its 44 MB are for
        # who calls the model.
        try:
            await asyncio.to_thread(_preload)
        except Exception as error:  # noqa: BLE001 - the first call tries again
            telemetry.emit(Trouble("warming up", repr(error)))
    await asyncio.to_thread(garbage.settle)


def _preload() -> None:
    from mainstay.models.sdk import preload

    preload()


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
