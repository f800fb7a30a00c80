"""The front: what every route shares, from credentials to the encoded answer."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from mainstay.gateway.bodies import check_media_type, decode, read_body
from mainstay.gateway.credentials import Credentials
from mainstay.gateway.problems import Problem, not_found
from mainstay.gateway.spec import ID_PARAMETER, Operation
from mainstay.gateway.texts import ID, checked_text
from mainstay.ports.keys import KeyRole

Endpoint = Callable[[Request], Awaitable[Response]]
StaffWork = Callable[[str, str, Any], Awaitable[msgspec.Struct]]

T = TypeVar("T")


class PlainRoute(APIRoute):
    """A route whose endpoint takes the request and returns the response.

    FastAPI's own reading of bodies and solving of dependencies is left out: it
    would cost more than all else that accept does in this process.
    """

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; errors go to the application's handlers."""
        if scope["method"] not in self.methods:
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


class Front:
    """Mounts routes and keeps what they say about themselves.

    Args:
        app: where the routes go.
        credentials: tells who calls.
    """

    def __init__(self, app: FastAPI, credentials: Credentials) -> None:
        self._app = app
        self.credentials = credentials
        self.operations: dict[tuple[str, str], Operation] = {}

    def add(
        self, method: str, path: str, endpoint: Endpoint, operation: Operation
    ) -> None:
        """Mount an endpoint."""
        self.operations[path, method] = operation
        self._app.router.add_api_route(
            path,
            endpoint,
            methods=[method],
            response_class=Response,
            response_model=None,
            route_class_override=PlainRoute,
        )

    def staff(  # noqa: PLR0913 - one call describes one route
        self,
        method: str,
        path: str,
        work: StaffWork,
        *,
        role: KeyRole,
        summary: str,
        answer: type[msgspec.Struct],
        status: int = 200,
        body: type[msgspec.Struct] | None = None,
        body_required: bool = True,
        errors: Sequence[int] = (),
    ) -> None:
        """Mount work of the human side.

        Args:
            method: the HTTP method.
            path: may hold one ``{id}``.
            work: called with the actor, the id ("" without one) and the decoded body
                (None without one); returns the answer or raises a domain error.
            role: the least role that may call it.
            summary: one line for the documentation.
            answer: the type that ``work`` returns.
            status: the status of the answer.
            body: the type of the JSON body, or None; its defaults stand for a body
                left out.
            body_required: false lets the body be left out.
            errors: statuses it may answer with, beside the general ones.
        """
        with_id = "{id}" in path
        decoder = msgspec.json.Decoder(body) if body is not None else None

        async def endpoint(request: Request) -> Response:
            actor = await self._actor(request, role)
            id_ = path_id(request) if with_id else ""
            data = None
            if body is not None and decoder is not None:
                raw = await read_body(request.scope, request.receive)
                data = body() if not raw and not body_required else None
                data = data or parse(request, raw, decoder)
            return answered(await work(actor, id_, data), status)

        operation = Operation(
            summary=summary,
            answers={status: answer},
            errors=[*errors, 404] if with_id else errors,
            body=body,
            body_required=body_required,
            parameters=[ID_PARAMETER] if with_id else [],
        )
        self.add(method, path, endpoint, operation)

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


def answered(body: msgspec.Struct, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")
