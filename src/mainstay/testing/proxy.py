"""A TCP proxy that does harm on command: between any client and any server.

For tests of what a client does when its server cannot be reached, is slow, or falls
silent in mid-answer. It knows no protocol, holds a bounded number of bytes, and stops
reading from whoever sends faster than the other side takes.
"""

import asyncio
import contextlib
import socket
from typing import Literal, Self

from mainstay.testing.proxied_course import Course
from mainstay.testing.proxied_line import Direction, Ending, Line

HOST = "127.0.0.1"
BACKLOG = 128
MAX_LINES = 1_000
"""Connections at a time; more wait to be accepted."""


class Proxy:
    """Stands before one server; clients connect to ``port`` instead.

    Every fault is a plain call, on the loop that runs the proxy. Faults add up until
    ``heal``; what they did to a connection that was cut or swallowed stays done.

    Args:
        port: the server's.
        host: the server's.
    """

    def __init__(self, port: int, host: str = HOST) -> None:
        self._server = (host, port)
        self._courses: dict[Direction, Course] = {
            "to_server": Course(),
            "to_client": Course(),
        }
        self._new: Ending | Literal["swallow"] | None = None
        # Bound and never listening: the port stays ours while connections are refused.
        self._place = _bound(0)
        self.port: int = self._place.getsockname()[1]
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._lines: dict[Line, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(MAX_LINES)

    async def __aenter__(self) -> Self:
        """Start."""
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop."""
        await self.stop()

    def start(self) -> None:
        """Accept connections; may be repeated."""
        if self._accepting is None:
            self._listener = _bound(self.port)
            self._listener.listen(BACKLOG)
            self._accepting = asyncio.create_task(self._accept(self._listener))

    async def stop(self) -> None:
        """Refuse new connections and end all others; the port is given back."""
        accepting = self._accepting
        self.refuse()
        tasks = list(self._lines.values())
        for task in tasks:
            task.cancel()
        ending = [*tasks, *([accepting] if accepting is not None else [])]
        if ending:
            await asyncio.wait(ending)
        self._place.close()

    @property
    def lines(self) -> int:
        """How many connections there are, silent ones included."""
        return len(self._lines)

    def passed(self, direction: Direction) -> int:
        """Return how many bytes went through, over all connections."""
        return self._courses[direction].passed

    def cut(self, ending: Ending = "rst") -> None:
        """End all present connections at once; new ones are let through.

        Args:
            ending: ``rst``, as when a process crashes or a firewall objects, or
                ``fin``, as when it leaves in good order.
        """
        for line in self._lines:
            line.cut(ending)

    def cut_new(self, ending: Ending = "rst") -> None:
        """End each new connection as soon as it was accepted."""
        self._new = ending

    def cut_after(
        self, count: int, direction: Direction, ending: Ending = "rst"
    ) -> None:
        """End each connection, present or new, when ``count`` more bytes have passed.

        In the middle of an answer, so that the client cannot know what became of its
        request.
        """
        course = self._courses[direction]
        course.limit, course.ending = count, ending
        for line in self._lines:
            line.limit(direction, count)

    def refuse(self) -> None:
        """Let nobody connect, as when no process listens; present ones stay."""
        listener, self._listener = self._listener, None
        accepting, self._accepting = self._accepting, None
        if accepting is not None and listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.cancel()
            # The loop must have let go of the descriptor before it is closed.
            accepting.add_done_callback(lambda _: listener.close())

    def delay(self, *, to_server_s: float = 0.0, to_client_s: float = 0.0) -> None:
        """Let every byte arrive so many seconds later; the throughput stays."""
        delays: dict[Direction, float] = {
            "to_server": to_server_s,
            "to_client": to_client_s,
        }
        for direction, seconds in delays.items():
            self._courses[direction].delay_s = seconds
            self._courses[direction].tell()

    def trickle(self, bytes_s: float, *directions: Direction) -> None:
        """Let so many bytes a second pass on each connection, in both directions.

        Args:
            bytes_s: more than 0.
            directions: only these.

        Raises:
            ValueError: it is not.
        """
        if not bytes_s > 0:
            raise ValueError(f"bytes_s must be more than 0, not {bytes_s}: use hold()")
        for direction in directions or self._courses:
            self._courses[direction].bytes_s = bytes_s
            self._courses[direction].tell()

    def hold(self, *directions: Direction) -> None:
        """Pass nothing on and end nothing; after ``heal`` all of it arrives.

        Args:
            directions: only these.
        """
        for direction in directions or self._courses:
            self._courses[direction].held = True
            self._courses[direction].tell()

    def swallow(self) -> None:
        """Make all connections half-open, for good: they are there, and say nothing.

        What either side sends is taken and lost, and neither hears that the other one
        left. New ones are accepted and swallowed too, until ``heal``.
        """
        self._new = "swallow"
        for line in self._lines:
            line.swallow()

    def heal(self) -> None:
        """Take all faults back: new connections, and those still alive, are well."""
        self._new = None
        for course in self._courses.values():
            course.heal()
        for line in self._lines:
            line.limit("to_server", None)
            line.limit("to_client", None)
        self.start()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                client, _ = await loop.sock_accept(listener)
            except BaseException:
                self._room.release()
                raise
            client.setblocking(False)
            line = Line(client, self._courses)
            self._begin(line)

    def _begin(self, line: Line) -> None:
        match self._new:
            case "swallow":
                line.swallow()
            case "rst" | "fin":
                line.cut(self._new)
            case None:
                pass
        task = asyncio.create_task(line.run(self._server))
        self._lines[line] = task
        task.add_done_callback(lambda _: self._end(line))

    def _end(self, line: Line) -> None:
        del self._lines[line]
        self._room.release()


def _bound(port: int) -> socket.socket:
    """Return a socket on a port of loopback, which others of ours may share."""
    one = socket.socket()
    with contextlib.ExitStack() as undo:
        undo.callback(one.close)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if port:
            # Who comes after us need not wait for what is left of old connections.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.setblocking(False)
        one.bind((HOST, port))
        undo.pop_all()
    return one
