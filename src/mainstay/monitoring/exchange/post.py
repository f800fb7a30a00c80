"""One HTTP connection that posts, within a time that holds for the whole exchange."""

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from mainstay.monitoring.exchange.answer import Answer, Reading
from mainstay.monitoring.exchange.deadline import Deadline
from mainstay.ports.clock import Clock

MAX_ANSWER_BYTES = 65_536
"""Little in an answer's body is needed; a longer one is not read to its end."""

BODY_S = 1.0
"""What a body may take: by then the answer is known."""


class Post:
    """Posts bodies to one address; keeps its connection, and makes a new one at need.

    Args:
        url: ``http://…`` or ``https://…``, with its path.
        headers: of each request; their values are secret.
        clock: monotonic.
        authorities: file of the certificates that are trusted; None: the system's.
        keeps: bytes of an answer's body that are kept.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        clock: Clock,
        authorities: str | None = None,
        keeps: int = 0,
    ) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._authorities = authorities
        self._clock = clock
        self._keeps = keeps
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc.rpartition("@")[2]
        lines = [f"POST {path} HTTP/1.1", f"Host: {host}"]
        # A key that was copied with a line break must not end the header.
        lines += [f"{name}: {' '.join(one.split())}" for name, one in headers.items()]
        self._head = "\r\n".join(lines).encode("latin-1", "replace")
        self._line: socket.socket | None = None

    def send(self, body: bytes, within_s: float) -> Answer:
        """Post a body and return the answer.

        Raises:
            OSError: there was none within the time, or no connection.
        """
        deadline = Deadline(self._clock, within_s)
        kept = self._line is not None
        try:
            return self._exchange(body, deadline)
        except _Closed:
            # A server may close a connection that was idle, just as it is used.
            if not kept:
                raise
            return self._exchange(body, deadline)

    def close(self) -> None:
        """Give the connection back; may be repeated."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _exchange(self, body: bytes, deadline: Deadline) -> Answer:
        try:
            line = self._line = self._line or self._connected(deadline)
            head = b"%b\r\nContent-Length: %d\r\n\r\n" % (self._head, len(body))
            self._write(line, head + body, deadline)
            reading = self._read(line, deadline)
        except BaseException:
            self.close()
            raise
        if not reading.may_go_on:
            self.close()
        return reading.answer

    def _connected(self, deadline: Deadline) -> socket.socket:
        context = self._context() if self._tls else None
        line = deadline.connected(self._host, self._port)
        if context is None:
            return line
        return deadline.secured(line, context, self._host)

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._authorities)
        except OSError as error:
            # Its words name neither.
            what = f"OTEL_EXPORTER_OTLP_CERTIFICATE: {self._authorities}"
            raise OSError(f"{what}: {error.strerror or error}") from error

    def _write(self, line: socket.socket, data: bytes, deadline: Deadline) -> None:
        try:
            deadline.write(line, data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _Closed(str(error)) from error

    def _read(self, line: socket.socket, deadline: Deadline) -> Reading:
        reading = Reading(self._keeps)
        while not reading.has_head:
            try:
                data = deadline.read(line)
            except ConnectionResetError as error:
                raise _cut(reading) from error
            if not data:
                raise _cut(reading)
            reading.feed(data)
        self._read_rest(line, reading)
        return reading

    def _read_rest(self, line: socket.socket, reading: Reading) -> None:
        """Read the body, so that the connection may be used again.

        The answer is known already: a body that does not come changes nothing.
        """
        deadline = Deadline(self._clock, BODY_S)
        with suppress(OSError):
            while not reading.complete and reading.received < MAX_ANSWER_BYTES:
                data = deadline.read(line)
                if not data:
                    return
                reading.feed(data)


class _Closed(ConnectionError):
    """The connection was closed before a byte of the answer came."""


def _cut(reading: Reading) -> ConnectionError:
    if reading.received:
        return ConnectionError("the answer was cut off")
    return _Closed("the connection was closed without an answer")
