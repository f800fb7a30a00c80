"""What every role of a process stands on: store, queue, agent, tools and breakers."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstay.agent.options import Persona
from mainstay.assembly.brain import agent_of, articles_of, persona_of
from mainstay.assembly.breakers import Guards, guards_of
from mainstay.assembly.engines import open_storage
from mainstay.assembly.exports import open_exports
from mainstay.assembly.monitoring import monitoring_of, with_passwords
from mainstay.assembly.parts import start
from mainstay.assembly.queues import open_queue
from mainstay.assembly.rotation import rotation_of
from mainstay.assembly.sharing import Sharing, open_sharing
from mainstay.assembly.storage import Storage, Tenant
from mainstay.assembly.tools import open_tools
from mainstay.assembly.tracing import open_tracing
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.queue import Queue
from mainstay.ports.secret import Secret
from mainstay.ports.tools import Tools
from mainstay.settings import Settings

if TYPE_CHECKING:
    from mainstay.worker.orders import Obedience

GATEWAY, WORKER = "gateway", "worker"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every role of a process stands on.

    Args:
        settings: all of them.
        storage: the open store.
        queue: its queue.
        persona: the agent as the heart sees it.
        tools: the agent's.
        guards: the breakers.
        monitoring: is told of everything.
        sharing: the cache that processes share, if there is one.
        key: for Anthropic.
        obedience: follows the orders of drills; None in a process without a worker.
    """

    settings: Settings
    storage: Storage
    queue: Queue
    persona: Persona
    tools: Tools
    guards: Guards
    monitoring: Monitoring
    sharing: Sharing | None
    key: Secret
    obedience: "Obedience | None"


async def open_frame(
    stack: AsyncExitStack, settings: Settings, roles: frozenset[str]
) -> Frame:
    """Open the store and the queue, and make this process known."""
    monitoring = monitoring_of(settings)
    exports = await open_exports(stack, settings, roles, monitoring)
    agent = agent_of(settings)
    await open_tracing(stack, settings, agent.name, exports, monitoring)
    persona = persona_of(agent, settings)
    rotation = rotation_of(settings, monitoring)
    await start(stack, rotation)
    url = rotation.secret("DATABASE_URL")
    key = rotation.secret("ANTHROPIC_API_KEY")
    monitoring.hide(lambda: with_passwords({key.current(), url.current()}))
    role, waits_of = "+".join(sorted(roles)), monitoring.state.waits_of
    tenant = Tenant(role, persona.scope, monitoring, url, waits_of)
    storage = await open_storage(stack, settings, tenant)
    monitoring.state.count_commits(storage.commits)
    await storage.store.knowledge.load_articles(articles_of(agent))
    tools = await open_tools(stack, settings, agent, monitoring, calls=WORKER in roles)
    sharing = await open_sharing(stack, settings, storage, monitoring)
    specs = (spec.name for spec in tools.list())
    guards = guards_of(settings, specs, monitoring, sharing and sharing.circuits)
    obedience, drill = None, None
    if WORKER in roles:
        # Only a worker has use for what this loads.
        from mainstay.assembly.drilling import drill_of, obedience_of

        obedience = obedience_of(storage, monitoring)
        drill = drill_of(obedience)
        await start(stack, obedience)
    queue = await open_queue(stack, settings, storage, monitoring, drill)
    return Frame(
        settings=settings,
        storage=storage,
        queue=queue,
        persona=persona,
        tools=tools,
        guards=guards,
        monitoring=monitoring,
        sharing=sharing,
        key=key,
        obedience=obedience,
    )
