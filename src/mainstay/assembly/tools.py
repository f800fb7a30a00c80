"""Where an agent's tools are called: in this process, or at the tool service."""

from contextlib import AsyncExitStack

from mainstay.domain.errors import MainstayError
from mainstay.ports.telemetry import Telemetry
from mainstay.ports.tools import Tools
from mainstay.settings import Settings
from mainstay.system.clock import SystemClock
from mainstay.tools.agent_definition import Agent
from mainstay.tools.functions import FunctionTools


async def open_tools(
    stack: AsyncExitStack,
    settings: Settings,
    agent: Agent,
    telemetry: Telemetry,
    *,
    calls: bool,
) -> Tools:
    """Return the agent's tools; with TOOLS_URL the tool service runs their calls.

    Does not wait for the service: a call that cannot reach it says so.

    Args:
        stack: of the process.
        settings: where the service is.
        agent: whose tools.
        telemetry: is told of trouble.
        calls: whether this process calls them; a gateway knows their names only.
    """
    local = FunctionTools(agent, telemetry)
    if settings.tools_url is None or not calls:
        return local
    from mainstay.tools.remote.tools import RemoteTools

    remote = RemoteTools(
        local, settings.tools_url, secret_of(settings), SystemClock(), telemetry
    )
    stack.push_async_callback(remote.close)
    await remote.start()
    return remote


def secret_of(settings: Settings) -> str:
    """Return what workers and tool service share.

    Raises:
        MainstayError: it is not set.
    """
    if settings.tools_secret is None:
        raise MainstayError(
            "MAINSTAY_TOOLS_SECRET not set; give the tool service and the workers the "
            "same one, made by: openssl rand -hex 32"
        )
    return settings.tools_secret.get_secret_value()
