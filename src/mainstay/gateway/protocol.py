"""HTTP/1.1 with the limits that the server itself does not set."""

from typing import TYPE_CHECKING, Any

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mainstay.gateway.events import ABORT

if TYPE_CHECKING:
    from asyncio import TimerHandle

MAX_HEAD_BYTES = 64 * 1024

HEAD_TIMEOUT_S = 20.0
"""A new connection must bring a whole request head within this time."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class Protocol(HttpToolsProtocol):
    """One connection: its request heads are bounded in size, the first in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._in_head = True
        self._deadline: TimerHandle | None = None

    @override
    def connection_made(self, transport: Any) -> None:
        """Start the clock for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_TIMEOUT_S, transport.close)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        """Refuse a head that does not end within 64 KB."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    @override
    def on_message_begin(self) -> None:
        """Note that a head begins; let streams end the connection."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0
        self.scope[ABORT] = self.transport.abort  # pyright: ignore[reportGeneralTypeIssues]

    @override
    def on_headers_complete(self) -> None:
        """Note that the head ended."""
        self._in_head = False
        self._stop_clock()
        super().on_headers_complete()

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
