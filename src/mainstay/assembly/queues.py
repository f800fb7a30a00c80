"""The queue that the settings name."""

from contextlib import AsyncExitStack

from mainstay.assembly.brokers import broker_of
from mainstay.assembly.parts import start
from mainstay.assembly.storage import Storage
from mainstay.ports.queue import Queue
from mainstay.ports.telemetry import Telemetry
from mainstay.queues.brokered import BrokeredQueue
from mainstay.queues.drilled import Drill, DrilledQueue
from mainstay.queues.embedded import EmbeddedQueue
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock


async def open_queue(
    stack: AsyncExitStack,
    settings: Settings,
    storage: Storage,
    telemetry: Telemetry,
    drill: Drill | None = None,
) -> Queue:
    """Return the queue in the store, or a broker's in front of it.

    Args:
        stack: of the process.
        settings: which it is.
        storage: the open store.
        telemetry: is told of trouble.
        drill: what drills do to it; None in a process that receives nothing.
    """
    schedule = storage.store.schedule
    if (broker := broker_of(settings, telemetry)) is not None:
        carrier = broker if drill is None else DrilledQueue(broker, drill)
        brokered = BrokeredQueue(carrier, schedule, SystemClock(), telemetry)
        await start(stack, broker)
        await start(stack, brokered)
        return brokered
    embedded = EmbeddedQueue(
        schedule,
        SystemClock(),
        visibility_s=settings.queue_visibility_s,
        batch=settings.queue_batch,
        poll_s=storage.poll_s,
        tell=storage.tell_due,
    )
    storage.on_due(embedded.nudge)
    return embedded if drill is None else DrilledQueue(embedded, drill)
