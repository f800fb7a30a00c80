"""The HTTP server, beside other roles in a running loop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator

import uvicorn
from typing_extensions import override

from mainstay.gateway.app import Gateway
from mainstay.gateway.protocol import Protocol

BACKLOG = 2_048

KEEP_ALIVE_S = 30


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one.

    Raises:
        OSError: the address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


async def serve(
    app: Gateway,
    listener: socket.socket,
    stop: asyncio.Event,
    on_ready: Callable[[int], None],
    *,
    grace_s: int = 15,
) -> None:
    """Serve until ``stop`` is set, then finish what was begun.

    Args:
        app: the gateway.
        listener: from ``bind``, or inherited; closed at the end.
        stop: ends the serving.
        on_ready: called once with the real port.
        grace_s: seconds that requests get to finish after ``stop``; what is left then
            is cut off.
    """
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=grace_s,
    )
    port: int = listener.getsockname()[1]
    server = _Server(config, lambda: on_ready(port))
    stopping = asyncio.create_task(_stop(stop, app, server))
    try:
        await server.serve(sockets=[listener])
    finally:
        stopping.cancel()


async def _stop(stop: asyncio.Event, app: Gateway, server: uvicorn.Server) -> None:
    await stop.wait()
    app.drain()
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
        self._on_started()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the process."""
        yield
