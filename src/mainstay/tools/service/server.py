"""The HTTP server of the tool service."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator

import uvicorn
from typing_extensions import override

from mainstay.tools.service.app import ToolService

KEEP_ALIVE_S = 30
"""Longer than workers keep an idle connection: none is closed under a request."""


async def serve(
    service: ToolService,
    listener: socket.socket,
    stop: asyncio.Event,
    on_ready: Callable[[int], None],
    *,
    grace_s: int = 30,
) -> None:
    """Serve until ``stop`` is set, then let the running calls finish.

    Args:
        service: from ``build_service``; it cannot be served twice.
        listener: a listening socket; closed at the end.
        stop: ends the serving.
        on_ready: called once with the real port.
        grace_s: seconds that running calls get after ``stop``; those left then are
            cut off, and are in doubt for their workers.
    """
    config = uvicorn.Config(
        service,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace_s,
    )
    # Connections inherit it. The answer follows the "100 Continue" on the same
    # connection, and would otherwise wait for its acknowledgement: about 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    port: int = listener.getsockname()[1]
    server = _Server(config, lambda: on_ready(port))
    stopping = asyncio.create_task(_stop(stop, service, server))
    try:
        await server.serve(sockets=[listener])
    finally:
        stopping.cancel()


async def _stop(
    stop: asyncio.Event, service: ToolService, server: uvicorn.Server
) -> None:
    await stop.wait()
    service.drain()
    server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the process has its own."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the process."""
        yield
