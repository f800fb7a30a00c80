"""Starts roles in one process, and drains them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import uvloop

from mainstay.assembly.door import Door, open_door
from mainstay.assembly.frame import GATEWAY, WORKER, Frame, open_frame
from mainstay.assembly.leaving import Leave, leave_behind
from mainstay.assembly.parts import Running, start
from mainstay.assembly.seat import Seat
from mainstay.domain.step import FIRST_PARTY
from mainstay.monitoring.gauges import Gauges
from mainstay.settings import Settings
from mainstay.system import garbage
from mainstay.system.clock import SystemClock
from mainstay.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from mainstay.worker.worker import Worker


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
        worker = await _worker(stack, frame, base_url) if WORKER in roles else None
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
        if worker is not None:
            await start(stack, worker)
            ends.append(worker.stop)
        open_.set()
        yield Running(http.address, note, roles)
        # Unready before anything else stops: balancers get the time to notice.
        open_.clear()
        if GATEWAY in roles:
            await SystemClock().sleep(settings.notice_s)
        await asyncio.gather(*(end() for end in ends))


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


async def _worker(
    stack: AsyncExitStack, frame: Frame, base_url: str | None
) -> "Worker":
    # Only a worker has use for what this loads.
    from mainstay.assembly.working import open_worker

    return await open_worker(stack, frame, base_url)


def _warm_up(roles: frozenset[str]) -> None:
    if WORKER in roles:
        # The first customer must not wait for the import of the SDK; its 44 MB are for
        # who calls the model.
        _preload()
    garbage.settle()


def _preload() -> None:
    from mainstay.models.claude import preload

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
