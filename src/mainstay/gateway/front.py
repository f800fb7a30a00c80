"""The front: what every route shares, from credentials to the encoded answer."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from mainstay.gateway.bodies import check_media_type, decode, read_body
from mainstay.gateway.credentials import Credentials
from mainstay.gateway.problems import Problem, not_found
from mainstay.gateway.spec import ID_PARAMETER, NAME_PARAMETER, Operation
from mainstay.gateway.texts import ID, NAME, checked_text
from mainstay.ports.front import StaffRoute
from mainstay.ports.keys import KeyRole

Endpoint = Callable[[Request], Awaitable[Response]]

T = TypeVar("T")


class PlainRoute(Route):
    """A route of one method whose errors go to the application's handlers.

    Args:
        path: with ``{id}`` for the id in it.
        endpoint: takes the request and returns the response.
        method: the only one it answers, HEAD included.
    """

    def __init__(self, path: str, endpoint: Endpoint, method: str) -> None:
        super().__init__(path, endpoint, methods=[method])
        self.only = {method}
        self.plain = endpoint

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["method"] not in self.only:
            raise HTTPException(405)
        response = await self.plain(Request(scope, receive, send))
        await response(scope, receive, send)


class Front:
    """Mounts routes and keeps what they say about themselves.

    Args:
        app: where the routes go.
        credentials: tells who calls.
    """

    def __init__(self, app: Starlette, credentials: Credentials) -> None:
        self._app = app
        self.credentials = credentials
        self.operations: dict[tuple[str, str], Operation] = {}

    def add(
        self, method: str, path: str, endpoint: Endpoint, operation: Operation
    ) -> None:
        """Mount an endpoint."""
        self.operations[path, method] = operation
        # A name may hold slashes, which the document has no word for.
        pattern = path.replace("{name}", "{name:path}")
        self._app.routes.append(PlainRoute(pattern, endpoint, method))

    def staff(self, *routes: StaffRoute) -> None:
        """Mount routes of the human side."""
        for route in routes:
            self._mount(route)

    def _mount(self, route: StaffRoute) -> None:
        with_id, with_name = "{id}" in route.path, "{name}" in route.path
        read = None if route.body is None else _reader(route.body, route.body_required)

        async def endpoint(request: Request) -> Response:
            actor = await self._actor(request, route.role)
            id_ = path_id(request) if with_id else _path_name(request)
            data = None if read is None else await read(request)
            return answered(await route.work(actor, id_, data), route.status)

        parameters = [ID_PARAMETER] if with_id else []
        if with_name:
            parameters = [NAME_PARAMETER]
        operation = Operation(
            summary=route.summary,
            answers={route.status: route.answer},
            errors=[*route.errors, 404] if parameters else route.errors,
            body=route.body,
            body_required=route.body_required,
            parameters=parameters,
        )
        self.add(route.method, route.path, endpoint, operation)

    def text(self, text: str) -> str:
        """Return a text that may be stored and read.

        Raises:
            Problem: 413 or 422.
        """
        return checked_text(text)

    async def _actor(self, request: Request, role: KeyRole) -> str:
        principal = await self.credentials.principal(request.scope)
        if not principal.may(role):
            raise Problem(403, "forbidden", f"This needs an API key with role {role}.")
        return principal.actor


def _reader(
    body: type[msgspec.Struct], required: bool
) -> Callable[[Request], Awaitable[msgspec.Struct]]:
    """Return what reads a request's body, its defaults for one left out."""
    decoder = msgspec.json.Decoder(body)

    async def read(request: Request) -> msgspec.Struct:
        raw = await read_body(request.scope, request.receive)
        return parse(request, raw, decoder) if raw or required else body()

    return read


def parse(request: Request, raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the decoded body.

    Raises:
        Problem: 400, 415 or 422.
    """
    check_media_type(request.scope)
    return decode(raw, decoder)


def path_id(request: Request) -> str:
    """Return the id in the path.

    Raises:
        Problem: 404 when no id looks like that.
    """
    id_ = request.scope["path_params"]["id"]
    if not ID.fullmatch(id_):
        raise not_found()
    return id_


def _path_name(request: Request) -> str:
    """Return the name in the path; "" when its route has none.

    Raises:
        Problem: 404 when nothing has such a name.
    """
    name = request.scope["path_params"].get("name", "")
    if name and not NAME.fullmatch(name):
        raise not_found()
    return name


def answered(body: msgspec.Struct, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")
