"""A tool service in this loop, on a free port, with its workers."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator

from mainstay import Agent
from mainstay.ports.telemetry import TelemetryEvent
from mainstay.system.clock import SystemClock
from mainstay.tools.functions import FunctionTools
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.remote.tools import RemoteTools
from mainstay.tools.service.app import ToolService, build_service
from mainstay.tools.service.options import ServiceOptions
from mainstay.tools.service.server import serve

SECRET = "a secret of the tests, 32 bytes long"  # noqa: S105 - nobody's


class Heard:
    """Telemetry that keeps what it was told.

    Args:
        events: in their order.
    """

    def __init__(self) -> None:
        self.events: list[TelemetryEvent] = []
        self._news = asyncio.Event()

    def emit(self, event: TelemetryEvent) -> None:
        """Keep the event."""
        self.events.append(event)
        self._news.set()

    async def wait_for(self, word: str) -> TelemetryEvent:
        """Return the first event whose text holds ``word``."""
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if word in repr(event):
                        return event
                self._news.clear()
                await self._news.wait()


@contextlib.asynccontextmanager
async def serving(
    agent: Agent, *, port: int = 0, options: ServiceOptions | None = None
) -> AsyncGenerator[str]:
    """Serve an agent's tools; give their address."""
    service = build_service(agent, SECRET, Heard(), SystemClock(), options=options)
    async with serving_app(service, port=port) as url:
        yield url


@contextlib.asynccontextmanager
async def serving_app(service: ToolService, *, port: int = 0) -> AsyncGenerator[str]:
    """Serve a service that is built; give its address."""
    listener = socket.create_server(("127.0.0.1", port))
    stop = asyncio.Event()
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(
        serve(service, listener, stop, ready.set_result, grace_s=5)
    )
    try:
        yield f"http://127.0.0.1:{await ready}/mcp"
    finally:
        stop.set()
        await task


@contextlib.asynccontextmanager
async def remote(
    agent: Agent,
    url: str,
    *,
    secret: str = SECRET,
    telemetry: Heard | None = None,
    options: RemoteOptions | None = None,
) -> AsyncGenerator[RemoteTools]:
    """Give the worker's side of an agent's tools."""
    heard = telemetry or Heard()
    local = FunctionTools(agent, heard)
    tools = RemoteTools(local, url, secret, SystemClock(), heard, options)
    try:
        yield tools
    finally:
        await tools.close()
