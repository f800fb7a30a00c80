"""Answers the two requests of MCP that workers make: list the tools, call one."""

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any

from mainstay.domain.trace import Trace, of_headers
from mainstay.ports.clock import Clock
from mainstay.ports.correlation import TURN_ID
from mainstay.ports.telemetry import Telemetry, ToolCalled
from mainstay.ports.tools import (
    ToolContext,
    ToolDone,
    ToolOutcome,
    ToolSpec,
)
from mainstay.ports.trace_events import ToolServed
from mainstay.tools.functions import FunctionTools
from mainstay.tools.service.guard import Guard, NotAdmitted
from mainstay.tools.wire.grant import Grant
from mainstay.tools.wire.outcome import write_outcome
from mainstay.tools.wire.words import BUSY, LIST, QUERY, UNKNOWN_TOOL

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp_types import (
        CallToolRequestParams,
        CallToolResult,
        ListToolsResult,
        PaginatedRequestParams,
        Tool,
    )

    _Context = ServerRequestContext[Any]


class Calls:
    """Calls the agent's tools for whom a grant names.

    Args:
        tools: the agent's tools.
        guard: reads grants.
        telemetry: is told of each call.
        clock: for durations.
        limit: calls that run at once.
    """

    def __init__(
        self,
        tools: FunctionTools,
        guard: Guard,
        telemetry: Telemetry,
        clock: Clock,
        limit: int,
    ) -> None:
        self._tools = tools
        self._specs = {spec.name: spec for spec in tools.list()}
        self._guard = guard
        self._telemetry = telemetry
        self._clock = clock
        self._limit = limit
        self._running = 0

    @property
    def running(self) -> int:
        """How many calls run now."""
        return self._running

    async def list(
        self, context: "_Context", _: "PaginatedRequestParams | None"
    ) -> "ListToolsResult":
        """Return the agent's tools on one page."""
        from mcp_types import ListToolsResult

        self._admit(context, LIST, {})
        return ListToolsResult(
            tools=[_tool(spec) for spec in self._specs.values()],
            ttl_ms=0,
            cache_scope="private",
        )

    async def call(
        self, context: "_Context", params: "CallToolRequestParams"
    ) -> "CallToolResult":
        """Call a tool, or ask what became of a call; the outcome is structured."""
        from mcp_types import CallToolResult

        args = params.arguments or {}
        grant = self._admit(context, params.name, args)
        TURN_ID.set(grant.turn_id)
        trace = _trace(context, grant)
        asked = self._begin(params.name, args, grant, trace)
        self._running += 1
        try:
            outcome = await self._timed(params.name, grant, asked, trace)
        finally:
            self._running -= 1
        return CallToolResult(
            content=[],
            structured_content=write_outcome(outcome),
            is_error=outcome is not None and not isinstance(outcome, ToolDone),
        )

    def _admit(self, context: "_Context", tool: str, args: Mapping[str, Any]) -> Grant:
        if self._running >= self._limit:
            raise _error(BUSY, f"{self._limit} calls run already")
        try:
            return self._guard.admit(context.meta, tool, args)
        except NotAdmitted as error:
            raise _error(error.code, str(error)) from error

    def _begin(
        self, name: str, args: Mapping[str, Any], grant: Grant, trace: Trace | None
    ) -> Awaitable[ToolOutcome | None]:
        asked = args.get("tool") if name == QUERY else name
        if not isinstance(asked, str) or asked not in self._specs:
            raise _error(UNKNOWN_TOOL, "the agent here has no such tool")
        context = ToolContext(
            grant.customer_id,
            grant.conversation_id,
            grant.turn_id,
            grant.idempotency_key,
            traceparent="" if trace is None else trace.traceparent,
            tracestate="" if trace is None else trace.state,
        )
        if name == QUERY:
            return self._tools.query(asked, context)
        return self._tools.call(asked, args, context)

    async def _timed(
        self,
        name: str,
        grant: Grant,
        asked: Awaitable[ToolOutcome | None],
        trace: Trace | None,
    ) -> ToolOutcome | None:
        began_s = self._clock.monotonic_s()
        outcome = await asked
        ms = (self._clock.monotonic_s() - began_s) * 1000
        turn_id, how = grant.turn_id, _word(outcome)
        self._telemetry.emit(ToolCalled(turn_id, name, how, ms))
        if trace is not None and trace.sampled:
            self._telemetry.emit(ToolServed(turn_id, name, how, ms, outcome, trace))
        return outcome


def _trace(context: "_Context", grant: Grant) -> Trace | None:
    """Return this call's place, below the worker's; None when it names none."""
    meta: Mapping[str, Any] = context.meta or {}
    parent, state = meta.get("traceparent"), meta.get("tracestate", "")
    if not isinstance(parent, str) or not isinstance(state, str):
        return None
    above = of_headers(parent, state)
    return None if above is None else above.below(grant.grant_id)


def _word(outcome: ToolOutcome | None) -> str:
    return "NotDone" if outcome is None else type(outcome).__name__


def _tool(spec: ToolSpec) -> "Tool":
    from mcp_types import Tool, ToolAnnotations

    return Tool(
        name=spec.name,
        description=spec.description,
        input_schema=dict(spec.input_schema),
        annotations=ToolAnnotations(read_only_hint=not spec.effect),
    )


def _error(code: int, message: str) -> Exception:
    from mcp.shared.exceptions import MCPError

    return MCPError(code, message)
