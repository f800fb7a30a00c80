"""The tool service as an ASGI application."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import Telemetry
from mainstay.tools.agent_definition import Agent
from mainstay.tools.functions import FunctionTools
from mainstay.tools.service.calls import Calls
from mainstay.tools.service.guard import Guard
from mainstay.tools.service.health import Health
from mainstay.tools.service.options import ServiceOptions
from mainstay.tools.wire.grant import GrantKey
from mainstay.tools.wire.words import PATH

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager


class ToolService:
    """An ASGI application that can be drained; the server must run its lifespan.

    Args:
        app: answers requests.
        health: the health routes.
        calls: what runs.
    """

    def __init__(self, app: Starlette, health: Health, calls: Calls) -> None:
        self._app = app
        self._health = health
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    @property
    def running(self) -> int:
        """How many calls run now."""
        return self._calls.running

    def drain(self) -> None:
        """Be unready; calls are taken until the server closes. May be repeated."""
        self._health.set_ready(False)


def build_service(
    agent: Agent,
    secret: str,
    telemetry: Telemetry,
    clock: Clock,
    render_metrics: Callable[[], bytes] = bytes,
    options: ServiceOptions | None = None,
) -> ToolService:
    """Build the service of one agent's tools.

    Args:
        agent: whose tools; sealed here.
        secret: shared with the workers, at least 32 bytes.
        telemetry: is told of calls and of broken tools.
        clock: judges how old grants are.
        render_metrics: returns Prometheus text for ``/metrics``.
        options: the limits.

    Raises:
        MainstayError: the secret is too short.
    """
    options = options or ServiceOptions()
    guard = Guard(GrantKey(secret), clock, options)
    tools = FunctionTools(agent, telemetry)
    calls = Calls(tools, guard, telemetry, clock, options.max_calls)
    health = Health(render_metrics, lambda: calls.running)
    manager = _manager(agent.name, calls, options)

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncGenerator[None]:
        async with manager.run():
            health.set_ready(True)
            yield

    routes = [Route(PATH, _Endpoint(manager), methods=["POST"]), *health.routes()]
    return ToolService(Starlette(routes=routes, lifespan=life), health, calls)


class _Endpoint:
    """The MCP endpoint: an instance, which Starlette takes as a whole ASGI app."""

    def __init__(self, manager: "StreamableHTTPSessionManager") -> None:
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._manager.handle_request(scope, receive, send)
        except ClientDisconnect:
            return  # it left before its body came: nothing was begun, nobody is told


def _manager(
    name: str, calls: Calls, options: ServiceOptions
) -> "StreamableHTTPSessionManager":
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    server: Server[dict[str, Any]] = Server(
        f"{name} (Mainstay)",
        on_list_tools=calls.list,
        on_call_tool=calls.call,
        # No argument is mirrored into a header; without this the SDK would list the
        # tools before every call to find out.
        get_tool_input_schema=_nothing_mirrored,
    )
    return StreamableHTTPSessionManager(
        server,
        json_response=True,
        stateless=True,
        max_request_body_size=options.max_request_bytes,
    )


def _nothing_mirrored(_: str) -> None:
    return None
