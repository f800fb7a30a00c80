"""One HTTP connection that posts, within a time that holds for the whole exchange.

The clients at hand bound each read or write; a server that sends a byte now and then
would hold them for ever.
"""

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools

from mainstay.ports.clock import Clock

MAX_ANSWER_BYTES = 65_536
"""Nothing in an answer's body is needed; a longer one is not read to its end."""

BODY_S = 1.0
"""What a body may take that nobody reads."""

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Args:
        status: of HTTP.
        retry_after: the header as it came, or "".
    """

    status: int
    retry_after: str = ""


class Post:
    """Posts bodies to one address; keeps its connection, and makes a new one at need.

    Args:
        url: ``http://…`` or ``https://…``, with its path.
        headers: of each request; their values are secret.
        clock: monotonic.
        authorities: file of the certificates that are trusted; None: the system's.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        clock: Clock,
        authorities: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._authorities = authorities
        self._clock = clock
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc}"]
        # A key that was copied with a line break must not end the header.
        lines += [f"{name}: {' '.join(one.split())}" for name, one in headers.items()]
        self._head = "\r\n".join(lines).encode("latin-1", "replace")
        self._line: socket.socket | None = None

    def send(self, body: bytes, within_s: float) -> Answer:
        """Post a body and return the answer.

        Raises:
            OSError: there was none within the time, or no connection.
        """
        until_s = self._clock.monotonic_s() + within_s
        kept = self._line is not None
        try:
            return self._exchange(body, until_s)
        except _Closed:
            # A server may close a connection that was idle, just as it is used.
            if not kept:
                raise
            return self._exchange(body, until_s)

    def close(self) -> None:
        """Give the connection back; may be repeated."""
        line, self._line = self._line, None
        if line is not None:
            line.close()

    def _exchange(self, body: bytes, until_s: float) -> Answer:
        try:
            line = self._line = self._line or self._connected(until_s)
            head = b"%b\r\nContent-Length: %d\r\n\r\n" % (self._head, len(body))
            self._write(line, head + body, until_s)
            reading = self._read(line, until_s)
        except BaseException:
            self.close()
            raise
        if not reading.may_go_on:
            self.close()
        return Answer(reading.parser.get_status_code(), reading.retry_after)

    def _connected(self, until_s: float) -> socket.socket:
        fault = OSError("the host has no address")
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        for family, kind, number, _, place in found:
            line = socket.socket(family, kind, number)
            try:
                line.settimeout(self._left_s(until_s))
                line.connect(place)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._secured(line, until_s) if self._tls else line
            except OSError as error:
                line.close()
                fault = error
        raise fault

    def _secured(self, line: socket.socket, until_s: float) -> socket.socket:
        context = self._context()
        line.settimeout(self._left_s(until_s))
        return context.wrap_socket(line, server_hostname=self._host)

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._authorities)
        except OSError as error:
            # Its words name neither.
            what = f"OTEL_EXPORTER_OTLP_CERTIFICATE: {self._authorities}"
            raise OSError(f"{what}: {error.strerror or error}") from error

    def _write(self, line: socket.socket, data: bytes, until_s: float) -> None:
        rest = memoryview(data)
        try:
            while rest:
                line.settimeout(self._left_s(until_s))
                rest = rest[line.send(rest[:_CHUNK_BYTES]) :]
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _Closed(str(error)) from error

    def _read(self, line: socket.socket, until_s: float) -> "_Reading":
        reading = _Reading()
        while not reading.has_head:
            line.settimeout(self._left_s(until_s))
            try:
                data = line.recv(_CHUNK_BYTES)
            except ConnectionResetError as error:
                raise _cut(reading) from error
            if not data:
                raise _cut(reading)
            reading.feed(data)
        self._read_rest(line, reading)
        return reading

    def _read_rest(self, line: socket.socket, reading: "_Reading") -> None:
        """Read the body, so that the connection may be used again.

        The answer is known already: a body that does not come changes nothing.
        """
        until_s = self._clock.monotonic_s() + BODY_S
        with suppress(OSError):
            while not reading.complete and reading.received < MAX_ANSWER_BYTES:
                line.settimeout(self._left_s(until_s))
                data = line.recv(_CHUNK_BYTES)
                if not data:
                    return
                reading.feed(data)

    def _left_s(self, until_s: float) -> float:
        left_s = until_s - self._clock.monotonic_s()
        if left_s <= 0:
            raise TimeoutError("timed out")
        return left_s


class _Closed(ConnectionError):
    """The connection was closed before a byte of the answer came."""


def _cut(reading: "_Reading") -> ConnectionError:
    if reading.received:
        return ConnectionError("the answer was cut off")
    return _Closed("the connection was closed without an answer")


class _Reading:
    """An answer while it is read."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.retry_after = ""
        self.received = 0
        self.has_head = self.complete = self._kept = False

    @property
    def may_go_on(self) -> bool:
        """Whether another request may follow on the connection."""
        return self.complete and self._kept

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            ConnectionError: they are not HTTP.
        """
        self.received += len(data)
        if self.received > MAX_ANSWER_BYTES and not self.has_head:
            raise ConnectionError("the answer has no end")
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise ConnectionError(f"not an HTTP answer: {error}") from error

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note how long to wait, where that is said."""
        if name.lower() == b"retry-after":
            self.retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Note that the answer is known."""
        self.has_head = True
        # Once the message is complete, the parser no longer knows.
        self._kept = self.parser.should_keep_alive()

    def on_message_complete(self) -> None:
        """Note the end."""
        self.complete = True
