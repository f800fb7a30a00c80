"""An HTTP server beside the other parts of a process."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

Serve = Callable[[asyncio.Event, Callable[[int], None]], Coroutine[Any, Any, None]]
"""Serves until the event is set; calls the other with its port once it is ready."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers.

    Args:
        address: where, ``http://host:port``.
        close: returns when what was begun is finished; may be repeated.
    """

    address: str
    close: Callable[[], Awaitable[None]]


async def serve_beside(stack: AsyncExitStack, host: str, serve: Serve) -> Serving:
    """Return when it answers; it is closed when the stack is, at the latest.

    Args:
        stack: of the process.
        host: that it listens on, for the address.
        serve: the server.
    """
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(stop, ready.set_result))

    async def close() -> None:
        stop.set()
        await task

    stack.push_async_callback(close)
    await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        await task
    return Serving(f"http://{shown(host)}:{await ready}", close)


def shown(host: str) -> str:
    """Return a host that is listened on as an address has it."""
    if host == "0.0.0.0":  # noqa: S104 - shown, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
