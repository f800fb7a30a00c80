"""One connection through a proxy: two sockets, and bytes on their way between them."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine, Mapping
from typing import Literal

from mainstay.testing.proxied_course import Course

Direction = Literal["to_server", "to_client"]
Ending = Literal["rst", "fin"]
Chunks = asyncio.Queue[tuple[float, bytes]]

CHUNK_BYTES = 16_384
MAX_CHUNKS = 64
"""So many are on their way in one direction; then nothing more is read."""

LINGER_S = 1.0
"""How long a connection that was ended in good order is still listened to."""

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 s: closing sends RST (socket(7))."""


class Line:
    """A client's connection, and the one that is made to the server for it.

    Args:
        client: the accepted socket, non-blocking.
        courses: how bytes pass, by direction.
    """

    def __init__(
        self, client: socket.socket, courses: Mapping[Direction, Course]
    ) -> None:
        self._ends = [client]
        self._courses = courses
        self._left = {name: course.limit for name, course in courses.items()}
        self._work: asyncio.Task[None] | None = None
        self._silent = False
        self._ending: Ending | None = None

    def cut(self, ending: Ending) -> None:
        """End both sides."""
        self._ending = ending
        self._interrupt()

    def swallow(self) -> None:
        """Pass nothing on from here, and tell neither side of the other's end."""
        if not self._silent:
            self._silent = True
            self._interrupt()

    def limit(self, direction: Direction, count: int | None) -> None:
        """Cut when so many more bytes have passed; None for never."""
        self._left[direction] = count

    async def run(self, server: tuple[str, int]) -> None:
        """Pass on what comes until both sides have ended, or it is cut."""
        try:
            if self._ending is None and not self._silent:
                await self._until_told(self._pass(server))
            if self._ending is None and self._silent:
                await self._until_told(self._swallow())
            if self._ending == "rst":
                for end in self._ends:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            if self._ending == "fin":
                await self._leave()
        finally:
            for end in self._ends:
                end.close()

    def _interrupt(self) -> None:
        if self._work is not None:
            self._work.cancel()

    async def _until_told(self, work: Coroutine[None, None, None]) -> None:
        """Return when the work is over, or was interrupted."""
        task = self._work = asyncio.create_task(work)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            # The loop must have let go of a socket before it is closed.
            await asyncio.wait([task])

    async def _pass(self, server: tuple[str, int]) -> None:
        there = socket.socket()
        there.setblocking(False)
        self._ends.append(there)
        here = self._ends[0]
        for end in self._ends:
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(there, server)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry("to_server", here, there))
                both.create_task(self._carry("to_client", there, here))
        except* OSError:
            # Whatever broke one side breaks the other.
            self._ending = "rst"

    async def _carry(
        self, direction: Direction, source: socket.socket, target: socket.socket
    ) -> None:
        """Pass everything on in one direction, the end included."""
        chunks = Chunks(MAX_CHUNKS)
        async with asyncio.TaskGroup() as pair:
            pair.create_task(_take(source, chunks))
            pair.create_task(self._give(direction, chunks, target))

    async def _give(
        self, direction: Direction, chunks: Chunks, target: socket.socket
    ) -> None:
        course = self._courses[direction]
        while True:
            came_s, data = await chunks.get()
            await course.due(came_s)
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            while data:
                sent = await self._send(direction, data, target)
                data = data[sent:]
                await course.due(came_s)

    async def _send(
        self, direction: Direction, data: bytes, target: socket.socket
    ) -> int:
        """Send what may go in one piece, and take the time that it takes."""
        course, left = self._courses[direction], self._left[direction]
        portion = data[: course.portion if left is None else min(course.portion, left)]
        await asyncio.get_running_loop().sock_sendall(target, portion)
        course.passed += len(portion)
        if left is not None:
            self._left[direction] = left - len(portion)
            if left == len(portion):
                self.cut(course.ending)
                await asyncio.Event().wait()  # until the cut gets here
        await course.spent(len(portion))
        return len(portion)

    async def _swallow(self) -> None:
        """Listen to each side until it leaves by itself."""
        async with asyncio.TaskGroup() as all_:
            for end in self._ends:
                all_.create_task(_emptied(end))

    async def _leave(self) -> None:
        """Tell both sides that nothing more comes, and let them close."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S), asyncio.TaskGroup() as all_:
                for end in self._ends:
                    with contextlib.suppress(OSError):
                        end.shutdown(socket.SHUT_WR)
                    all_.create_task(_emptied(end))


async def _take(source: socket.socket, chunks: Chunks) -> None:
    """Read to the end; the end is an empty chunk."""
    loop = asyncio.get_running_loop()
    data = b"?"
    while data:
        data = await loop.sock_recv(source, CHUNK_BYTES)
        await chunks.put((loop.time(), data))


async def _emptied(end: socket.socket) -> None:
    """Read and forget until the other side has closed, then close this one."""
    with contextlib.suppress(OSError):
        while await asyncio.get_running_loop().sock_recv(end, CHUNK_BYTES):
            pass
    end.close()
