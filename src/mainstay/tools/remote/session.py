"""The MCP session of a worker: signed requests to one tool service."""

import math
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from mainstay.ports.clock import Clock
from mainstay.ports.tools import ToolContext, ToolOutcome
from mainstay.tools.remote.failure import Lost, NotSent, NotTaken
from mainstay.tools.remote.line import Line
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.wire.grant import Grant, GrantKey, hash_args
from mainstay.tools.wire.likeness import likeness
from mainstay.tools.wire.outcome import read_outcome
from mainstay.tools.wire.words import GRANT, LIST, NOT_BEGUN, PROTOCOL

if TYPE_CHECKING:
    from mcp.client.session import ClientSession
    from mcp_types import Request as McpRequest
    from mcp_types import RequestParamsMeta, Tool

    _Request = McpRequest[Any, Any]

_Result = TypeVar("_Result", bound=BaseModel)

FIRST_PAUSE_S = 0.05
MAX_PAUSE_S = 0.5

NOBODY = ToolContext("", "", "", "")


class ToolSession:
    """Asks a tool service; keeps connections for the next request.

    Args:
        url: the MCP endpoint.
        key: the shared secret.
        clock: for expiry and pauses.
        options: the limits.
    """

    def __init__(
        self, url: str, key: GrantKey, clock: Clock, options: RemoteOptions
    ) -> None:
        self._key = key
        self._clock = clock
        self._options = options
        self._line = Line(url, options)
        self._mcp: ClientSession | None = None
        # With the count, an identity for each request of this process.
        self._nonce = secrets.token_hex(8)
        self._count = 0

    async def close(self) -> None:
        """Close every connection; the next request opens new ones."""
        await self._line.close()

    async def list(self, timeout_s: float) -> dict[str, str]:
        """Return the service's tools: name → ``likeness``.

        Raises:
            NotSent: it cannot be reached.
            NotTaken: it refused.
            Lost: there was no answer in time.
        """
        from mcp_types import ListToolsRequest, ListToolsResult, PaginatedRequestParams

        meta = self._meta(LIST, {}, NOBODY, timeout_s)
        request = ListToolsRequest(params=PaginatedRequestParams(_meta=meta))
        listed = await self._ask(request, ListToolsResult, timeout_s)
        return {tool.name: _likeness(tool) for tool in listed.tools}

    async def call(
        self,
        tool: str,
        args: Mapping[str, Any],
        context: ToolContext,
        timeout_s: float,
    ) -> ToolOutcome | None:
        """Return the outcome of a call; None is the answer "not done" of a query.

        Args:
            tool: its name on the wire.
            args: JSON data.
            context: travels in the grant, never in the arguments.
            timeout_s: seconds for the answer, from when the service takes the call.

        Raises:
            NotSent: the service could not be reached.
            NotTaken: the service refused before it began, or the arguments are no JSON.
            Lost: nobody can tell what was done.
        """
        from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult

        meta = self._meta(tool, args, context, timeout_s)
        request = CallToolRequest(
            params=CallToolRequestParams(name=tool, arguments=dict(args), _meta=meta)
        )
        answer = await self._ask(request, CallToolResult, timeout_s)
        try:
            return read_outcome(answer.structured_content)
        except ValueError as error:
            raise Lost(str(error)) from error

    def _meta(
        self, tool: str, args: Mapping[str, Any], context: ToolContext, timeout_s: float
    ) -> "RequestParamsMeta":
        self._count += 1
        options = self._options
        lasts_s = options.patience_s + options.accept_s + timeout_s
        lasts_s += options.clock_skew_s
        try:
            args_hash = hash_args(args)
        except ValueError as error:
            raise NotTaken(str(error)) from error
        grant = Grant(
            f"{self._nonce}-{self._count}",
            tool,
            args_hash,
            context.customer_id,
            context.conversation_id,
            context.turn_id,
            context.idempotency_key,
            math.ceil(self._clock.now_ms() / 1000 + lasts_s),
        )
        signed: RequestParamsMeta = {GRANT: self._key.sign(grant)}
        # Without a prefix, as SEP-414 of MCP says.
        if context.traceparent:
            signed["traceparent"] = context.traceparent
        if context.tracestate:
            signed["tracestate"] = context.tracestate
        return signed

    async def _ask(
        self, request: "_Request", result: type[_Result], timeout_s: float
    ) -> _Result:
        """Send until it is let in, for as long as patience lasts."""
        began_s = self._clock.monotonic_s()
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return await self._send(request, result, timeout_s)
            except NotSent:
                waited_s = self._clock.monotonic_s() - began_s
                if waited_s + pause_s >= self._options.patience_s:
                    raise
            await self._clock.sleep(pause_s)
            pause_s = min(2 * pause_s, MAX_PAUSE_S)

    async def _send(
        self, request: "_Request", result: type[_Result], timeout_s: float
    ) -> _Result:
        from mcp.shared.exceptions import MCPError

        try:
            return await self._session().send_request(request, result, timeout_s)
        except MCPError as error:
            said = f"the tool service answered with error {error.code}: {error.message}"
            if error.code in NOT_BEGUN:
                raise NotTaken(said) from error
            raise Lost(said) from error
        except ValidationError as error:
            raise Lost("the tool service's answer is none of MCP") from error

    def _session(self) -> "ClientSession":
        if self._mcp is None:
            from mcp.client.session import ClientSession
            from mcp_types import DiscoverResult, Implementation, ServerCapabilities

            # Not entered: it would start a task for what a server sends unasked.
            self._mcp = ClientSession(
                dispatcher=self._line,
                client_info=Implementation(name="mainstay-worker", version="1"),
            )
            known = DiscoverResult(
                supported_versions=[PROTOCOL],
                capabilities=ServerCapabilities(),
                ttl_ms=0,
                cache_scope="private",
            )
            self._mcp.adopt(known)
        return self._mcp


def _likeness(tool: "Tool") -> str:
    hints = tool.annotations
    return likeness(
        tool.input_schema, effect=hints is None or hints.read_only_hint is not True
    )
