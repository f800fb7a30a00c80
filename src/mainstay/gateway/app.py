"""The gateway as an ASGI application."""

from typing import cast

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mainstay.domain.errors import MainstayError
from mainstay.gateway import spec
from mainstay.gateway.accept import Accept
from mainstay.gateway.addressee import Addressees
from mainstay.gateway.admin import AdminRoutes
from mainstay.gateway.answers import AnswerRoutes
from mainstay.gateway.breakers import BreakerRoutes
from mainstay.gateway.conversations import ConversationRoutes
from mainstay.gateway.credentials import Credentials
from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.envelope import Envelope
from mainstay.gateway.events import EventRoutes
from mainstay.gateway.front import Front, PlainRoute
from mainstay.gateway.health import HealthRoutes
from mainstay.gateway.keyring import KeyRing
from mainstay.gateway.load import Load
from mainstay.gateway.problems import Problem, not_found, problem_of, render
from mainstay.gateway.shedding import Shedding
from mainstay.gateway.turns import TurnRoutes
from mainstay.gateway.waits import Waits
from mainstay.gateway.wakes import Wakes
from mainstay.gateway.window import Window


class Gateway:
    """An ASGI application that can be drained.

    Args:
        app: answers requests.
        streams: the event streams.
        health: the health routes.
        waits: the requests that wait for replies.
    """

    def __init__(
        self, app: Envelope, streams: EventRoutes, health: HealthRoutes, waits: Waits
    ) -> None:
        self._app = app
        self._streams = streams
        self._health = health
        self._waits = waits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    def drain(self) -> None:
        """Be unready, end streams now and waits within 10 s; may be repeated."""
        self._health.close()
        self._waits.close()
        self._streams.close()


def build_app(deps: GatewayDeps, options: GatewayOptions | None = None) -> Gateway:
    """Build the gateway.

    Args:
        deps: the ports and callables it uses.
        options: its limits.
    """
    options = options or GatewayOptions()
    app = _Api(options.version)
    ring = KeyRing(deps.keys, deps.clock)
    front = Front(app, Credentials(ring, deps.tokens))
    addressees = Addressees(deps.conversations)
    window = Window(deps.clock)
    load = deps.load or Load(deps.clock, deps.telemetry)
    waits = Waits(deps.feed, deps.conversations, deps.clock, options.max_waits, load)
    streams = EventRoutes(deps, options, front, addressees)
    health = HealthRoutes(deps, options, window)
    if options.public:
        # Routes are tried in order: the busiest comes first.
        Accept(deps, options, front, addressees, waits, load).mount(front)
        ConversationRoutes(deps, front, addressees, load).mount(front)
        TurnRoutes(deps, front).mount(front)
        streams.mount(front)
        for part in deps.parts:
            part(front)
    health.mount(front)
    AdminRoutes(deps, ring, Wakes(deps, options)).mount(front)
    BreakerRoutes(deps.breakers).mount(front)
    AnswerRoutes(deps.answers).mount(front)
    app.publish(front)
    shedding = Shedding(app, load)
    return Gateway(Envelope(shedding, deps, options, window), streams, health, waits)


class _Api(Starlette):
    """Starlette with our document and our errors."""

    def __init__(self, version: str) -> None:
        super().__init__(
            exception_handlers={
                Problem: _on_problem,
                MainstayError: _on_refusal,
                HTTPException: self._on_http,
                Exception: _on_surprise,
            }
        )
        self.router.redirect_slashes = False
        self._version = version
        self._document: bytes | None = None

    def publish(self, front: Front) -> None:
        """Show what the routes say about themselves at /openapi.json."""

        async def openapi(_: Request) -> Response:
            if self._document is None:
                document = spec.document(self._version, front.operations)
                self._document = msgspec.json.encode(document)
            return Response(self._document, media_type="application/json")

        self.routes.append(PlainRoute("/openapi.json", openapi, "GET"))

    async def _on_http(self, request: Request, error: Exception) -> Response:
        """Turn what the router refuses into a problem."""
        status = cast("HTTPException", error).status_code
        if status != 405:  # noqa: PLR2004 - the only other thing a router refuses
            return render(not_found(), request.scope)
        path = request.scope["path"]
        methods = {
            method
            for route in self.routes
            if isinstance(route, PlainRoute) and route.path_regex.match(path)
            for method in route.only
        }
        allow = {"allow": ", ".join(sorted(methods))}
        detail = f"This path takes {allow['allow']}."
        return render(
            Problem(405, "method-not-allowed", detail, headers=allow), request.scope
        )


async def _on_problem(request: Request, error: Exception) -> Response:
    return render(cast("Problem", error), request.scope)


async def _on_refusal(request: Request, error: Exception) -> Response:
    problem = problem_of(cast("MainstayError", error))
    if problem is None:
        raise error
    return render(problem, request.scope)


async def _on_surprise(request: Request, _: Exception) -> Response:
    """Answer 500; the envelope takes note of the error."""
    problem = Problem(500, "internal-error", "A fault of ours; it was noted.")
    return render(problem, request.scope)
