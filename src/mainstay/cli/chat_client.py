"""The HTTP side of the chat: open, send, and a stream that survives a lost line."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from mainstay.cli.sse import Sent, events
from mainstay.domain.errors import MainstayError

_REQUEST_S = 30
_CONNECT_S = 5
_SILENCE_S = 60
"""The server sends a heartbeat each 15 s; this long without one is a dead line."""
_TRIES = 5
_PAUSE_S = 5.0
_MAX_LINE_BYTES = 1 << 20
_BUSY = frozenset({429, 502, 503, 504})


class ChatClient:
    """Talks to one server with one key.

    Args:
        session: with the server's address and the key's header.
        url: the address, for messages to the user.
        lost: called when the stream's line is lost; it is opened again by itself.
        pause: waits for so many seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        lost: Callable[[], None],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._session = session
        self._url = url
        self._lost = lost
        self._pause = pause

    async def open(self, customer_id: str) -> str:
        """Open a conversation and return its id.

        Raises:
            MainstayError: no server, or it refused.
        """
        body = {"customer_id": customer_id, "channel": "chat"}
        return str((await self._post("/v1/conversations", body))["id"])

    async def send(self, conversation_id: str, text: str) -> str:
        """Send a message, once however often it is tried; return its turn's id.

        Raises:
            MainstayError: no server, or it refused.
        """
        path = f"/v1/conversations/{conversation_id}/messages"
        return str((await self._post(path, {"text": text}))["turn_id"])

    async def newest(self, conversation_id: str) -> int:
        """Return the ``seq`` of the conversation's newest message, 0 without one.

        Raises:
            MainstayError: no server, or it refused.
        """
        newest, after = 0, 0
        while after is not None:
            path = f"/v1/conversations/{conversation_id}/messages?after={after}"
            page = await self._ask("GET", path)
            newest = max([newest, *(m["seq"] for m in page["messages"])])
            after = page["next"]
        return newest

    async def events(self, conversation_id: str) -> AsyncIterator[Sent]:
        """Yield the conversation's events from its first one on, each once.

        A lost line is opened again after the last event that was seen.

        Raises:
            MainstayError: the server refused.
        """
        path, last, pause_s = f"/v1/conversations/{conversation_id}/events", "0", 0.25
        while True:
            try:
                async for sent in self._stream(path, last):
                    pause_s = 0.25
                    last = sent.id or last
                    yield sent
            except (aiohttp.ClientError, TimeoutError):
                pause_s = min(pause_s * 2, _PAUSE_S)
            self._lost()
            await self._pause(pause_s)

    async def _stream(self, path: str, last: str) -> AsyncIterator[Sent]:
        headers = {"Last-Event-ID": last, "Accept": "text/event-stream"}
        timeout = aiohttp.ClientTimeout(sock_connect=_CONNECT_S, sock_read=_SILENCE_S)
        async with self._session.get(
            path, headers=headers, timeout=timeout, read_bufsize=_MAX_LINE_BYTES
        ) as response:
            if response.status in _BUSY:
                raise aiohttp.ClientConnectionError
            await self._refuse(response)
            async for sent in events(response.content):
                yield sent

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        return await self._ask("POST", path, json=body, headers=headers)

    async def _ask(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        timeout = aiohttp.ClientTimeout(total=_REQUEST_S, sock_connect=_CONNECT_S)
        pause_s = 0.5
        for last in [False] * (_TRIES - 1) + [True]:
            try:
                async with self._session.request(
                    method, path, timeout=timeout, **what
                ) as response:
                    if response.status not in _BUSY or last:
                        await self._refuse(response)
                        return await response.json()
                    pause_s = _retry_after_s(response)
            except aiohttp.ClientConnectorError as error:
                raise MainstayError(self._no_server()) from error
            except (aiohttp.ClientError, TimeoutError) as error:
                if last:
                    raise MainstayError(self._no_server()) from error
            await self._pause(pause_s)
        raise AssertionError  # the last round returns or raises

    async def _refuse(self, response: aiohttp.ClientResponse) -> None:
        """Raise for any answer that is not a success."""
        if response.ok:
            return
        if response.status in {401, 403}:
            message = f"{self._url} refused the key; give another one with --key"
        elif response.status == 404:  # noqa: PLR2004 — HTTP's own number
            message = "no such conversation for this key; leave --conversation out"
        else:
            message = f"{self._url} answered {response.status}: {await _why(response)}"
        raise MainstayError(message)

    def _no_server(self) -> str:
        return f"no server at {self._url}; start it with: make run"


async def _why(response: aiohttp.ClientResponse) -> str:
    """Return a problem's words (RFC 9457), or HTTP's own."""
    try:
        problem: Mapping[str, Any] = dict(json.loads(await response.read()))
    except (ValueError, TypeError):
        return str(response.reason)
    return str(problem.get("detail") or problem.get("title") or response.reason)


def _retry_after_s(response: aiohttp.ClientResponse) -> float:
    value = response.headers.get("Retry-After", "1")
    return min(float(value), _REQUEST_S) if value.isdigit() else 1.0
