"""Running the simulator: by itself, inside a loop, or beside one in a thread."""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, cast

import uvicorn
from typing_extensions import override

from mainstay.simulator.application import app
from mainstay.simulator.options import Options

if TYPE_CHECKING:
    from uvicorn._types import ASGIApplication

__all__ = ["Options", "app", "running", "running_in_thread", "serve"]

_HOST = "127.0.0.1"
_GRACE_S = 1


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class _GuestServer(_Server):
    """A server in somebody else's process, which keeps its own signal handlers."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def _config(options: Options) -> uvicorn.Config:
    return uvicorn.Config(
        cast("ASGIApplication", app(options)),
        lifespan="off",
        ws="none",
        access_log=False,
        server_header=False,
        # Faults leave responses unfinished, which the server would log as errors.
        log_level="critical",
        timeout_graceful_shutdown=_GRACE_S,
    )


def _listen(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a bound socket and its address; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    shown = f"[{host}]" if ":" in host else host
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


async def serve(
    host: str = _HOST, port: int = 0, options: Options | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; prints its address in one line when ready.

    Raises:
        OSError: the port is taken.
    """
    listener, address = _listen(host, port)
    server = _Server(_config(options or Options()))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if server.started:
        print(address, flush=True)  # noqa: T201  # callers read the port from it
    await serving


@asynccontextmanager
async def running(
    options: Options | None = None, *, host: str = _HOST, port: int = 0
) -> AsyncGenerator[str]:
    """Run the simulator as a task of this loop; yields ``http://127.0.0.1:PORT``.

    Raises:
        OSError: the port is taken.
    """
    listener, address = _listen(host, port)
    server = _GuestServer(_config(options or Options()))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await server.ready.wait()
    try:
        yield address
    finally:
        server.should_exit = True
        await serving


@contextmanager
def running_in_thread(
    options: Options | None = None, *, host: str = _HOST, port: int = 0
) -> Generator[str]:
    """Run the simulator in a thread with a loop of its own; yields its address.

    Raises:
        OSError: the port is taken.
    """
    address: Future[str] = Future()
    leave: Future[None] = Future()

    async def stay() -> None:
        try:
            async with running(options, host=host, port=port) as ready:
                address.set_result(ready)
                await asyncio.wrap_future(leave)
        except OSError as error:
            address.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(stay()), daemon=True)
    thread.start()
    try:
        yield address.result()
    finally:
        leave.set_result(None)
        thread.join()
