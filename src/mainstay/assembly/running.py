"""Starts roles in one process, and drains them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import uvloop

from mainstay.assembly.brain import agent_of, articles_of, model_of, persona_of, runner_of
from mainstay.assembly.door import Door, open_door
from mainstay.assembly.storage import queue_of, store_of
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.liveness import Liveness
from mainstay.settings import Settings
from mainstay.stores.sqlite.changes import Changes
from mainstay.system.clock import SystemClock
from mainstay.system.feed import LocalFeed
from mainstay.system.ids import SystemIds
from mainstay.system.liveness import FlockLiveness, LivenessLock
from mainstay.worker.watchdog import Watchdog
from mainstay.worker.worker import Worker, WorkerOptions

GATEWAY, WORKER = "gateway", "worker"


@dataclass(frozen=True, slots=True)
class Running:
    """A process that is ready.

    Args:
        address: where its HTTP is, ``http://host:port``.
        model_note: which model it talks to, in words.
        roles: what it serves.
    """

    address: str
    model_note: str
    roles: frozenset[str]


def run(
    settings: Settings, roles: frozenset[str], ready: Callable[[Running], None]
) -> None:
    """Run roles until SIGTERM or SIGINT, then drain and return.

    Args:
        settings: all of them.
        roles: ``gateway``, ``worker``, or both.
        ready: called once everything is up.
    """
    uvloop.run(_run(settings, roles, ready))


async def _run(
    settings: Settings, roles: frozenset[str], ready: Callable[[Running], None]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings, roles) as running:
        ready(running)
        await stop.wait()


@asynccontextmanager
async def serving(settings: Settings, roles: frozenset[str]) -> AsyncIterator[Running]:
    """Start everything, lowest layer first; stop in the opposite order."""
    async with AsyncExitStack() as stack:
        base_url, note = await _stand_in(settings, stack)
        monitoring = Monitoring(
            settings.log_level, as_json=settings.env == "production"
        )
        agent = agent_of(settings)
        persona = persona_of(agent)
        feed = LocalFeed()
        store = store_of(settings, _notifier(feed), persona.scope)
        stack.callback(store.close)
        queue = queue_of(settings, store)
        owner = SystemIds().new("proc")
        lock = LivenessLock(settings.data / "processes", owner)
        lock.acquire()
        stack.callback(lock.release)
        await store.leases.enlist(owner, str(lock.path), "+".join(sorted(roles)))
        stack.push_async_callback(store.leases.bury, owner)
        model = model_of(settings, base_url)
        stack.push_async_callback(model.close)
        runner = runner_of(settings, store, agent, model, feed.whisper, monitoring)
        changes = Changes(store.writer, feed, SystemClock())
        await _start(stack, changes)
        liveness: Liveness = FlockLiveness()
        await _start(
            stack,
            Watchdog(
                owner,
                store.watch,
                store.leases,
                liveness,
                queue,
                persona.contact,
                SystemClock(),
                monitoring,
            ),
        )
        if WORKER in roles:
            await store.knowledge.load_articles(articles_of(agent))
        door = Door(settings, store, queue, feed, runner, monitoring, GATEWAY in roles)
        address = await open_door(stack, door)
        if WORKER in roles:
            options = WorkerOptions(batch=settings.queue_batch)
            await _start(
                stack,
                Worker(
                    owner,
                    queue,
                    store.leases,
                    store.journal,
                    runner,
                    SystemClock(),
                    monitoring,
                    options,
                ),
            )
        yield Running(address, note, roles)


async def _start(stack: AsyncExitStack, part: Changes | Watchdog | Worker) -> None:
    await part.start()
    stack.push_async_callback(part.stop)


def _notifier(feed: LocalFeed) -> Callable[[set[str]], None]:
    def notify(touched: set[str]) -> None:
        for conversation_id in touched:
            feed.notify(conversation_id)

    return notify


async def _stand_in(
    settings: Settings, stack: AsyncExitStack
) -> tuple[str | None, str]:
    """Start the local stand-in if asked for; return its address and a note."""
    if settings.stand_in:
        from mainstay.simulator.server import running

        address = await stack.enter_async_context(running())
        return address, f"a local stand-in at {address} (ANTHROPIC_API_KEY is not set)"
    if settings.anthropic_base_url is not None:
        return None, f"{settings.claude_model} at {settings.anthropic_base_url}"
    return None, f"Claude, {settings.claude_model}"
