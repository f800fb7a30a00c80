"""The tool service as a process: the agent's tools over MCP, and nothing else."""

from collections.abc import Callable
from contextlib import AsyncExitStack

import uvloop

from mainstay.assembly.brain import agent_of
from mainstay.assembly.exports import open_exports
from mainstay.assembly.leaving import Leave, leave_behind
from mainstay.assembly.monitoring import monitoring_of
from mainstay.assembly.parts import Running, start
from mainstay.assembly.serving import serve_beside
from mainstay.assembly.tools import secret_of
from mainstay.assembly.tracing import open_tracing
from mainstay.gateway.server import bind
from mainstay.monitoring.loop_lag import LoopLag
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock
from mainstay.tools.service.app import build_service
from mainstay.tools.service.server import serve
from mainstay.tools.wire.words import PATH

TOOLS = "tools"

DRAIN_S = 30.0
"""From the signal on: more than the longest time-out that a tool may have."""


def run_tools(settings: Settings, ready: Callable[[Running], None]) -> None:
    """Serve the agent's tools until SIGTERM or SIGINT, then let running calls end.

    Needs neither a database nor a model.

    Args:
        settings: agent, secret, OPS_PORT and the drain's times.
        ready: called once calls are taken.

    Raises:
        MainstayError: there is no secret, or no such agent.
    """
    uvloop.run(_run(settings, ready))


async def _run(settings: Settings, ready: Callable[[Running], None]) -> None:
    leave = Leave()
    monitoring, roles = monitoring_of(settings), frozenset({TOOLS})
    grace_s = round(DRAIN_S - settings.notice_s)
    async with AsyncExitStack() as stack:
        exports = await open_exports(stack, settings, roles, monitoring)
        agent = agent_of(settings)
        await open_tracing(stack, settings, agent.name, exports, monitoring)
        service = build_service(
            agent,
            secret_of(settings),
            monitoring,
            SystemClock(),
            monitoring.render,
        )
        await start(stack, LoopLag(monitoring.state.lagged, SystemClock()))
        listener = bind(settings.bind_host, settings.ops_port)
        serving = await serve_beside(
            stack,
            settings.bind_host,
            lambda stop, told: serve(service, listener, stop, told, grace_s=grace_s),
        )
        note = f"TOOLS_URL={serving.address}{PATH}"
        ready(Running(serving.address, note, roles))
        await leave.asked()
        service.drain()
        await SystemClock().sleep(settings.notice_s)
    await leave_behind()
