"""Server-sent events, read line by line.

The form: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """One event of a stream.

    Args:
        kind: its name; ``message`` when the server gave none.
        data: its text, lines joined by newlines.
        id: its identity, or None when the server gave none.
    """

    kind: str
    data: str
    id: str | None


async def events(lines: AsyncIterable[bytes]) -> AsyncIterator[Sent]:
    """Yield each complete event; one that the stream cuts off is dropped.

    Args:
        lines: the body, one line each, with or without its line end.
    """
    kind, data, id_ = "", list[str](), None
    async for raw in lines:
        line = raw.decode(errors="replace").rstrip("\r\n")
        if not line:
            if data:
                yield Sent(kind or "message", "\n".join(data), id_)
            kind, data, id_ = "", [], None
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            id_ = value
