"""``GET /v1/conversations/{id}/events``: the streams and their bounds."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from mainstay.gateway.addressee import Addressees
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.frames import GREETING
from mainstay.gateway.front import Front, path_id
from mainstay.gateway.problems import Problem
from mainstay.gateway.queries import after, whole_number
from mainstay.gateway.spec import ID_PARAMETER, MAX_INTEGER, Operation, query
from mainstay.gateway.stream import EventStream, ReaderStuck
from mainstay.ports.telemetry import Trouble

ABORT = "mainstay.abort"
"""Where the server puts the call that ends a connection without its reader."""

GOODBYE_S = 1.0

_HEADERS = {
    "cache-control": "no-store",
    "x-accel-buffering": "no",  # or nginx holds events back
    # A drain ends streams whose heads were sent long before: no client may send its
    # next request on such a connection in the moment in which it is closed.
    "connection": "close",
}


class EventRoutes:
    """The event streams of this process.

    Args:
        deps: the ports.
        options: the limits.
        front: credentials.
        addressees: whose a conversation is.
    """

    def __init__(
        self,
        deps: GatewayDeps,
        options: GatewayOptions,
        front: Front,
        addressees: Addressees,
    ) -> None:
        self._deps = deps
        self._options = options
        self._credentials = front.credentials
        self._addressees = addressees
        self._open: set[asyncio.Task[None]] = set()
        self._closing = False

    def mount(self, front: Front) -> None:
        """Mount the route."""
        resume: dict[str, Any] = {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "The last event's id; the stream goes on after it.",
            "schema": {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER},
        }
        since = query("after", "integer", "As Last-Event-ID.", maximum=MAX_INTEGER)
        operation = Operation(
            summary="Follow a conversation as server-sent events",
            answers={200: "text/event-stream"},
            errors=[400, 404],
            parameters=[ID_PARAMETER, resume, since],
        )
        front.add("GET", "/v1/conversations/{id}/events", self.get, operation)

    async def get(self, request: Request) -> Response:
        """Start a stream."""
        principal = await self._credentials.principal(request.scope)
        conversation_id = path_id(request)
        since = _resume_from(request)
        await self._addressees.check(principal, conversation_id)
        if self._closing:
            # An error would end a browser's EventSource for good; this one comes back.
            return Response(GREETING, 200, _HEADERS, "text/event-stream")
        if len(self._open) >= self._options.max_streams:
            raise Problem(
                503,
                "too-many-streams",
                "No more event streams here now; try again.",
                headers={"retry-after": "1"},
            )

        def stream(send: Send) -> EventStream:
            return EventStream(conversation_id, since, self._deps, self._options, send)

        return StreamResponse(stream, self._open, self._deps)

    def close(self) -> None:
        """End all streams; their readers resume elsewhere."""
        self._closing = True
        for task in self._open:
            task.cancel()


class StreamResponse(Response):
    """A response that lasts until its reader or this process goes.

    Args:
        stream: makes the stream.
        streams: the streams that are open; bounded by the routes.
        deps: takes troubles.
    """

    def __init__(
        self,
        stream: Callable[[Send], EventStream],
        streams: set[asyncio.Task[None]],
        deps: GatewayDeps,
    ) -> None:
        super().__init__(None, 200, _HEADERS, "text/event-stream")
        del self.headers["content-length"]
        self._stream = stream
        self._streams = streams
        self._deps = deps

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream."""
        talk = asyncio.create_task(self._stream(send).run())
        self._streams.add(talk)
        talk.add_done_callback(self._streams.discard)
        gone = asyncio.create_task(_disconnected(receive))
        try:
            headers = self.raw_headers
            start = {"type": "http.response.start", "status": 200, "headers": headers}
            await send(start)
            await asyncio.wait({talk, gone}, return_when=asyncio.FIRST_COMPLETED)
            talk.cancel()
            await asyncio.wait({talk})
            await self._end(talk, gone, scope, send)
        finally:
            talk.cancel()
            gone.cancel()

    async def _end(
        self,
        talk: asyncio.Task[None],
        gone: asyncio.Task[None],
        scope: Scope,
        send: Send,
    ) -> None:
        error = None if talk.cancelled() else talk.exception()
        if isinstance(error, ReaderStuck):
            await _cut(gone, scope)
            return
        if error is not None:
            self._deps.telemetry.emit(Trouble("gateway.stream", type(error).__name__))
        if not gone.done():
            try:
                async with asyncio.timeout(GOODBYE_S):
                    await send({"type": "http.response.body", "body": b""})
            except TimeoutError:
                await _cut(gone, scope)


async def _cut(gone: asyncio.Task[None], scope: Scope) -> None:
    """End the connection: closing politely would wait for a reader that reads not."""
    scope.get(ABORT, lambda: None)()
    await asyncio.wait({gone}, timeout=GOODBYE_S)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _resume_from(request: Request) -> int:
    header = dict(request.scope["headers"]).get(b"last-event-id", b"")
    if header:
        return whole_number("Last-Event-ID", header.decode("latin-1"), status=400)
    return after(request.scope, status=400)
