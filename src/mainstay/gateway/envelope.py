"""The outermost layer: request ids, headers, the time limit, errors nobody expected."""

import asyncio
import re
import traceback
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.problems import Problem, render
from mainstay.gateway.window import Window
from mainstay.ports.correlation import REQUEST_ID
from mainstay.ports.front_events import RequestServed
from mainstay.ports.telemetry import Trouble
from mainstay.ports.trace_events import RequestTraced

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]

_UNWATCHED = ("/health", "/metrics", "/openapi.json")

FAILED = 500


class Envelope:
    """Wraps every request.

    Args:
        app: what answers.
        deps: clock, ids and who is told.
        options: the time limit.
        window: remembers how it went.
    """

    def __init__(
        self, app: ASGIApp, deps: GatewayDeps, options: GatewayOptions, window: Window
    ) -> None:
        self._app = app
        self._deps = deps
        self._options = options
        self._window = window

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised but a cancellation."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        known = _REQUEST_ID.fullmatch(given) is not None
        request_id = given.decode() if known else self._deps.ids.new("req")
        REQUEST_ID.set(request_id)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["began_s"] = self._deps.clock.monotonic_s()
        answer = Answer(send, request_id.encode(), self._deps.ready)
        endless = scope["path"].endswith("/events")
        if not endless and not scope["path"].startswith(_UNWATCHED):
            state["trace"] = self._deps.trace_of(
                headers.get(b"traceparent", b""), headers.get(b"tracestate", b"")
            )
        try:
            await self._limited(scope, receive, answer, endless=endless)
        finally:
            if not endless:
                self._note(scope, answer.status)

    async def _limited(
        self, scope: Scope, receive: Receive, answer: "Answer", *, endless: bool
    ) -> None:
        limit = asyncio.timeout(None if endless else self._options.request_timeout_s)
        try:
            async with limit:
                await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last resort
            late = isinstance(error, TimeoutError) and limit.expired()
            if not late:
                self._deps.telemetry.emit(
                    Trouble(f"gateway {_route(scope)}", _without_words(error))
                )
            if not answer.status:
                problem = _LATE if late else _BROKEN
                await render(problem, scope)(scope, receive, answer.send)

    def _note(self, scope: Scope, status: int) -> None:
        state = scope["state"]
        spent_s = self._deps.clock.monotonic_s() - state["began_s"]
        duration_ms = 1000 * (spent_s - state.get("waited_s", 0.0))
        if not scope["path"].startswith(_UNWATCHED):
            self._window.add(duration_ms, failed=status >= FAILED)
        served = RequestServed(scope["method"], _route(scope), status, duration_ms)
        self._deps.telemetry.emit(served)
        self._trace(scope, status, 1000 * spent_s)

    def _trace(self, scope: Scope, status: int, duration_ms: float) -> None:
        state = scope["state"]
        trace = state.get("trace")
        if trace is not None and trace.sampled:
            event = RequestTraced(
                scope["method"],
                _route(scope),
                scope["path"],
                status,
                duration_ms,
                state["request_id"],
                state.get("turn_id", ""),
                trace,
            )
            self._deps.telemetry.emit(event)


_LATE = Problem(
    504,
    "timeout",
    "The request took too long. Ask again; the same Idempotency-Key is safe.",
)
_BROKEN = Problem(500, "internal-error", "A fault of ours; it was noted.")


class Answer:
    """The way out: adds what every response carries and notes its status.

    Args:
        send: the server's way out.
        request_id: the request's id.
        ready: whether the client's next request may come here too.
    """

    __slots__ = ("_ready", "_request_id", "_send", "status")

    def __init__(
        self, send: Send, request_id: bytes, ready: Callable[[], bool]
    ) -> None:
        self._send = send
        self._request_id = request_id
        self._ready = ready
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            headers.append((b"x-request-id", self._request_id))
            present = {name for name, _ in headers}
            if b"connection" not in present and not self._ready():
                headers.append((b"connection", b"close"))
            headers += [header for header in _HEADERS if header[0] not in present]
            message["headers"] = headers
        await self._send(message)


def _route(scope: Scope) -> str:
    route = scope.get("route")
    return "" if route is None else route.path


def _without_words(error: Exception) -> str:
    """Name the error and its place; its message might hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
