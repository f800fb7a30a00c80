"""A reader of a conversation's event stream, as a browser is one."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.acceptance.server import KEY, Server

SILENCE_S = 20
"""Heartbeats come each 15 s; a stream that is silent for longer is broken."""


@dataclass(frozen=True)
class Heard:
    """One event, or a heartbeat (kind ``:``).

    Args:
        kind: its name.
        data: its body.
        id: of a durable event.
    """

    kind: str
    data: Any = None
    id: int | None = None


class Listener:
    """One connection to a conversation's stream.

    Args:
        server: whose.
        conversation_id: which.
        after: the Last-Event-ID it sends, or None.
        key: its credentials.
        room_bytes: what it takes unread, or None for the system's choice.
    """

    def __init__(
        self,
        server: Server,
        conversation_id: str,
        after: int | None = None,
        *,
        key: str = KEY,
        room_bytes: int | None = None,
    ) -> None:
        self._connection = _connection(server, room_bytes)
        headers = {"Authorization": f"Bearer {key}"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        path = f"/v1/conversations/{conversation_id}/events"
        self._connection.request("GET", path, headers=headers)
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self._heard = self._read()

    def until(self, enough: Callable[[Heard], bool]) -> list[Heard]:
        """Return what comes, up to the first event that is enough."""
        seen: list[Heard] = []
        for heard in self._heard:
            seen.append(heard)
            if enough(heard):
                return seen
        return seen

    def rest(self) -> list[Heard]:
        """Return what comes until the server hangs up."""
        return self.until(lambda _: False)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _read(self) -> Iterator[Heard]:
        fields: dict[str, str] = {}
        try:
            for raw in self._answer:
                line = raw.decode().rstrip("\n")
                name, _, value = line.partition(":")
                if not line and "data" in fields:
                    id_ = fields.get("id")
                    yield Heard(
                        fields["event"],
                        json.loads(fields["data"]),
                        None if id_ is None else int(id_),
                    )
                elif line.startswith(":"):
                    yield Heard(":")
                fields = fields | {name: value.lstrip()} if line else {}
        except (http.client.HTTPException, ConnectionError):
            return


def _connection(server: Server, room_bytes: int | None) -> http.client.HTTPConnection:
    where = urlsplit(server.address)
    made = http.client.HTTPConnection(where.netloc, timeout=SILENCE_S)
    if room_bytes is not None:
        # Only before it connects does the size bind the window that is told.
        made.sock = socket.socket()
        made.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room_bytes)
        made.sock.settimeout(SILENCE_S)
        made.sock.connect((where.hostname, where.port))
    return made


def reply_of(turn_id: str) -> Callable[[Heard], bool]:
    """Return what recognises a turn's durable reply."""
    return lambda heard: (
        heard.kind == "message"
        and heard.data["role"] == "agent"
        and heard.data["turn_id"] == turn_id
    )
