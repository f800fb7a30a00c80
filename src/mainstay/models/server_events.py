"""Server-sent events as bytes: where one ends, and what data it carries.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, 9.2.5 and 9.2.6.
"""

MAX_EVENT_BYTES = 1024 * 1024
"""A longer event is no event of a model's reply."""

_CR = 13


class EventTooLongError(ValueError):
    """An event had no end within ``MAX_EVENT_BYTES``."""


class EventBytes:
    """Cuts a byte stream into events; the bytes of an unfinished one are kept.

    Lines end with LF or CR LF; a lone CR, which the standard allows too, does not occur
    in streams of the Messages API.
    """

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, data: bytes) -> list[bytes]:
        """Return the data of every event that is complete with these bytes.

        Raises:
            EventTooLongError: the unfinished event is too long.
        """
        data = self._rest + data
        # Most streams have no CR: looking is cheaper than replacing.
        if _CR in data:
            data = data.replace(b"\r\n", b"\n")
        events = data.split(b"\n\n")
        self._rest = events.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            raise EventTooLongError(len(self._rest))
        return [_data(event) for event in events]


def _data(event: bytes) -> bytes:
    """Return the data lines of an event, joined; empty for a comment."""
    # The usual event: one line with its name, then one line of data.
    start = event.find(b"\ndata:") + 1
    if start and event.startswith(b"event:") and event.find(b"\n", start) < 0:
        return event[start + 5 :]
    lines = event.split(b"\n")
    return b"\n".join(line[5:] for line in lines if line.startswith(b"data:"))
