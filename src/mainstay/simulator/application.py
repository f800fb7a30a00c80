"""The ASGI application."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from mainstay.simulator.call import Calls
from mainstay.simulator.clouds.clouds import Clouds
from mainstay.simulator.controls import Controls
from mainstay.simulator.errors import RejectedError, error_body, error_type
from mainstay.simulator.identity import Identities
from mainstay.simulator.model_info import model_info, model_page
from mainstay.simulator.models import CATALOGUE
from mainstay.simulator.options import Options
from mainstay.simulator.rules import credentials
from mainstay.simulator.wire import GoneError, Receive, Send, headers_of, respond

MODELS = "/v1/models"
"""What tells which models there are; also the name of its faults."""

_MAX_PAGE = 1_000
_DEFAULT_PAGE = 20


class Application:
    """Routes requests; plain ASGI, for it stands in load tests."""

    def __init__(self, options: Options, ids: Identities) -> None:
        self._ids = ids
        self._clock = options.clock
        self._calls = Calls(options, ids)
        self._clouds = Clouds(self._calls, options)
        self._controls = Controls(self._calls)

    async def __call__(
        self, scope: Mapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            raise ValueError(f"the simulator speaks HTTP only, not {scope['type']}")
        method, path = scope["method"], scope["path"]
        try:
            if method == "POST" and path == "/v1/messages":
                self._calls.log.count(path)
                await self._calls.create(headers_of(scope), receive, send)
            elif await self._clouds.serve(scope, receive, send):
                return
            elif not await self._controls.serve(method, path, receive, send):
                await self._serve_rest(scope, method, path, receive, send)
        except GoneError:
            return

    async def _serve_rest(
        self,
        scope: Mapping[str, Any],
        method: str,
        path: str,
        receive: Receive,
        send: Send,
    ) -> None:
        """Answer the API's other routes in its own words."""
        request_id = self._ids.new("req")
        headers = self._calls.identity(request_id)
        try:
            found = await self._find(scope, method, path, receive)
        except RejectedError as error:
            body = error_body(error.type, error.message, request_id)
            await respond(send, error.status, body, headers)
            return
        await respond(send, 200, json.dumps(found).encode(), headers)

    async def _find(
        self, scope: Mapping[str, Any], method: str, path: str, receive: Receive
    ) -> dict[str, Any]:
        if method == "GET" and path == "/health":
            return {"status": "ok"}
        headers = headers_of(scope)
        if method == "POST" and path == "/v1/messages/count_tokens":
            self._calls.log.count(path)
            return await self._calls.count_tokens(headers, receive)
        if method == "GET" and path.startswith(MODELS):
            self._calls.log.count(MODELS)
            await self._stricken()
            credentials.check_key(headers, self._calls.keys.accepted)
            credentials.check_version(headers)
            return _models(path.removeprefix(MODELS).strip("/"), scope)
        raise RejectedError(f"{method} {path}: Not found", "not_found_error")

    async def _stricken(self) -> None:
        """Let a fault of the path itself strike: its latency, then its status.

        Raises:
            RejectedError: the fault has an error status.
        """
        fault = self._calls.faults.strike_path(MODELS)
        if fault.latency_s:
            await self._clock.sleep(fault.latency_s)
        if fault.status is not None and fault.status != 200:  # noqa: PLR2004  # OK
            kind = fault.error_type or error_type(fault.status)
            error = RejectedError(fault.message or "A fault of this path", kind)
            error.status = fault.status
            raise error


def _models(name: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return one model or a page of them; retired ones are still listed by id."""
    if name:
        card = CATALOGUE.get(unquote(name))
        if card is None:
            raise RejectedError(f"model: {name}", "not_found_error")
        return model_info(card)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    stages = [*query.get("lifecycle", ()), *query.get("lifecycle[]", ())]
    limit = (query.get("limit") or [str(_DEFAULT_PAGE)])[0]
    if not limit.isdecimal() or not 1 <= int(limit) <= _MAX_PAGE:
        raise RejectedError(f"limit: Input should be between 1 and {_MAX_PAGE}")
    return model_page(stages, int(limit), (query.get("after_id") or [None])[0])


def app(options: Options | None = None) -> Application:
    """Return the simulator as an ASGI application."""
    return Application(options or Options(), Identities())
