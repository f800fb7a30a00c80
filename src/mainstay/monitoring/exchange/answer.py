"""The answer of a server over HTTP, while it comes and afterwards."""

from dataclasses import dataclass

import httptools

MAX_HEAD_BYTES = 65_536
"""Of an answer before its body, and of whatever says only that one will come."""

FIRST_FINAL = 200
"""Lower statuses say that another answer follows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Args:
        status: of HTTP.
        retry_after: the header as it came, or "".
        body: what was kept of it.
    """

    status: int
    retry_after: str = ""
    body: bytes = b""


class Reading:
    """An answer while it is read.

    Args:
        keeps: bytes of its body that are kept; the rest is left out.
    """

    def __init__(self, keeps: int = 0) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._keeps = keeps
        self._status = 0
        self._retry_after = ""
        self._body = bytearray()
        self.received = 0
        self.has_head = self.complete = self._kept = False

    @property
    def answer(self) -> Answer:
        """What has come so far."""
        return Answer(self._status, self._retry_after, bytes(self._body))

    @property
    def may_go_on(self) -> bool:
        """Whether another request may follow on the connection."""
        return self.complete and self._kept

    def feed(self, data: bytes) -> None:
        """Take the next bytes; what comes after the end counts for nothing.

        Raises:
            ConnectionError: they are not HTTP, or have no end.
        """
        self.received += len(data)
        if self.received > MAX_HEAD_BYTES and not self.has_head:
            raise ConnectionError("the answer has no end")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if self.complete:
                self._kept = False
                return
            raise ConnectionError(f"not an HTTP answer: {error}") from error

    def on_message_begin(self) -> None:
        """Forget what an answer that is none yet said."""
        if not self.has_head:
            self._retry_after = ""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Note how long to wait, where that is said."""
        if name.lower() == b"retry-after" and not self.has_head:
            self._retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Note that the answer is known, unless it says that it will come."""
        status = self._parser.get_status_code()
        if status < FIRST_FINAL or self.has_head:
            return
        self.has_head, self._status = True, status
        # Once the message is complete, the parser no longer knows.
        self._kept = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        """Keep what is to be kept."""
        if not self.complete:
            self._body += data[: self._keeps - len(self._body)]

    def on_message_complete(self) -> None:
        """Note the end."""
        self.complete = self.has_head
