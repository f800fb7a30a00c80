"""Lines from standard input, without blocking the event loop."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError

_CHUNK_BYTES = 65_536
_MAX_LINE_BYTES = 262_144
"""Far above what the server takes; a longer line is cut here and refused there."""


async def lines(file: int) -> AsyncIterator[str]:
    """Yield each line of a file descriptor that is not blank, until its end.

    A daemon thread reads the descriptor itself: a read that waits for a key must
    not hold up the exit, nor hold the lock of ``sys.stdin`` during it.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=1)

    def read() -> None:
        try:
            for line in _split(file):
                asyncio.run_coroutine_threadsafe(waiting.put(line), loop).result()
            asyncio.run_coroutine_threadsafe(waiting.put(None), loop).result()
        except (CancelledError, RuntimeError):
            return  # the loop has ended: nobody listens any more

    threading.Thread(target=read, daemon=True, name="stdin").start()
    while (line := await waiting.get()) is not None:
        if text := line.decode(errors="replace").strip():
            yield text


def _split(file: int) -> Iterator[bytes]:
    kept = b""
    while chunk := os.read(file, _CHUNK_BYTES):
        *whole, kept = (kept + chunk).split(b"\n")
        yield from whole
        if len(kept) > _MAX_LINE_BYTES:
            yield kept
            kept = b""
    if kept:
        yield kept
