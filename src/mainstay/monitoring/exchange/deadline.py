"""A moment that holds for a whole exchange.

The clients at hand bound each read or write; a server that sends a byte now and then
would hold them for ever.
"""

import socket
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

from mainstay.ports.clock import Clock

Found = TypeVar("Found")

CHUNK_BYTES = 65_536


class Deadline:
    """The moment at which whatever is done on a connection ends; blocks until then.

    Args:
        clock: monotonic.
        within_s: seconds from now.
    """

    def __init__(self, clock: Clock, within_s: float) -> None:
        self._clock = clock
        self._until_s = clock.monotonic_s() + within_s

    @property
    def left_s(self) -> float:
        """Seconds until then.

        Raises:
            TimeoutError: there are none.
        """
        left_s = self._until_s - self._clock.monotonic_s()
        if left_s <= 0:
            raise TimeoutError("timed out")
        return left_s

    def connected(self, host: str, port: int) -> socket.socket:
        """Return a connection to the first of a host's addresses that takes one.

        Raises:
            OSError: none did in time, or it has none.
        """
        fault = OSError("the host has no address")
        found = self._addresses(host, port)
        for at, (family, kind, number, _, place) in enumerate(found):
            line = socket.socket(family, kind, number)
            try:
                # One that swallows everything leaves the others their share.
                line.settimeout(self.left_s / (len(found) - at))
                line.connect(place)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                line.close()
                fault = error
            else:
                return line
        raise fault

    def secured(
        self, line: socket.socket, context: ssl.SSLContext, host: str
    ) -> ssl.SSLSocket:
        """Return a connection in TLS; the plain one is closed where it does not come.

        Raises:
            OSError: the other side cannot be trusted, or took too long.
        """
        try:
            line.settimeout(self.left_s)
            return context.wrap_socket(line, server_hostname=host)
        except BaseException:
            line.close()
            raise

    def write(self, line: socket.socket, data: bytes) -> None:
        """Send all of it.

        Raises:
            OSError: it did not go in time.
        """
        rest = memoryview(data)
        while rest:
            line.settimeout(self.left_s)
            rest = rest[line.send(rest[:CHUNK_BYTES]) :]

    def read(self, line: socket.socket, most: int = CHUNK_BYTES) -> bytes:
        """Return what comes next, b"" at the end.

        Raises:
            OSError: nothing came in time.
        """
        line.settimeout(self.left_s)
        return line.recv(most)

    def looked_up(self, look: Callable[[], Found]) -> Found:
        """Return what a resolver says, which has its own idea of time.

        Its thread is left behind when it takes too long, and keeps nobody waiting: it
        ends with the resolver's patience, or with the process.

        Raises:
            OSError: it knows nothing, or did not say so in time.
        """
        answer: Future[Found] = Future()

        def run() -> None:
            try:
                answer.set_result(look())
            except BaseException as error:  # noqa: BLE001 - raised where it is awaited
                answer.set_exception(error)

        Thread(target=run, name="lookup", daemon=True).start()
        return answer.result(self.left_s)

    def _addresses(self, host: str, port: int):  # noqa: ANN202 - as the library has it
        def look(flags: int = 0):  # noqa: ANN202 - the same
            return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)

        try:
            return look(socket.AI_NUMERICHOST)
        except socket.gaierror:
            return self.looked_up(look)
