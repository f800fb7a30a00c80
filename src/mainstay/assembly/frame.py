"""What every role of a process stands on: store, queue, agent, tools and breakers."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from mainstay.agent.options import Persona
from mainstay.assembly.brain import agent_of, articles_of, persona_of
from mainstay.assembly.breakers import Guards, guards_of
from mainstay.assembly.engines import open_storage
from mainstay.assembly.parts import start
from mainstay.assembly.queues import open_queue
from mainstay.assembly.rotation import rotation_of
from mainstay.assembly.sharing import Sharing, open_sharing
from mainstay.assembly.storage import Storage, Tenant
from mainstay.assembly.tools import open_tools
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.queue import Queue
from mainstay.ports.secret import Secret
from mainstay.ports.tools import Tools
from mainstay.settings import Settings

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


async def open_frame(
    stack: AsyncExitStack, settings: Settings, roles: frozenset[str]
) -> Frame:
    """Open the store and the queue, and make this process known."""
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
    tools = await open_tools(stack, settings, agent, monitoring, calls=WORKER in roles)
    sharing = await open_sharing(stack, settings, storage, monitoring)
    specs = (spec.name for spec in tools.list())
    guards = guards_of(settings, specs, monitoring, sharing and sharing.circuits)
    queue = await open_queue(stack, settings, storage, monitoring)
    return Frame(
        settings, storage, queue, persona, tools, guards, monitoring, sharing, key
    )
