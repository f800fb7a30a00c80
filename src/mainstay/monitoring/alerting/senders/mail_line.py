"""A connection to a mail server, within a time that holds for all that is said."""

import io
import smtplib
import socket
import ssl
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from mainstay.monitoring.exchange.deadline import Deadline

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_HEARD_BYTES = 65_536
"""All answers of a server together; those to one message are some hundred bytes."""


class MailLine(smtplib.SMTP):
    """The library's client; it reads, writes and connects until one moment.

    Args:
        host: the server.
        port: where it listens.
        deadline: the moment.
        trust: TLS from the first byte by this; None begins in the clear.

    Raises:
        OSError: it was not reached in time, or does not serve.
    """

    def __init__(
        self,
        host: str,
        port: int,
        deadline: Deadline,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._deadline = deadline
        self._trust = trust
        self._heard = 0
        name = deadline.looked_up(socket.getfqdn)
        super().__init__(host, port, name)

    @override
    def connect(
        self,
        host: str = "localhost",
        port: int = 0,
        source_address: Any = None,
    ) -> tuple[int, bytes]:
        """Connect, and return what the server says first."""
        line = self.sock = self._deadline.connected(host, port)
        try:
            if self._trust is not None:
                self.sock = self._deadline.secured(line, self._trust, host)
            return self.getreply()
        except BaseException:
            self.close()
            raise

    @override
    def send(self, s: "Buffer | str") -> None:
        """Send a command or a message."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        raw = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        self._deadline.write(self.sock, raw)

    @override
    def getreply(self) -> tuple[int, bytes]:
        """Return what the server answers."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self.file is None:
            self.file = io.BufferedReader(_Incoming(self))
        reply = super().getreply()
        # What follows may be the handshake of TLS, which is not read here.
        self.sock.settimeout(self._deadline.left_s)
        return reply

    def hear(self, most: int) -> bytes:
        """Return what comes next.

        Raises:
            OSError: nothing in time, or more than any answer has.
        """
        if self.sock is None:
            return b""
        data = self._deadline.read(self.sock, most)
        self._heard += len(data)
        if self._heard > MAX_HEARD_BYTES:
            raise OSError("the answer has no end")
        return data


class _Incoming(io.RawIOBase):
    def __init__(self, line: MailLine) -> None:
        self._line = line

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: "Buffer", /) -> int:
        with memoryview(buffer) as into:
            data = self._line.hear(len(into))
            into[: len(data)] = data
        return len(data)
