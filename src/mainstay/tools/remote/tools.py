"""The Tools port over a tool service."""

from collections.abc import Mapping, Sequence
from typing import Any

from mainstay.domain.errors import MainstayError
from mainstay.ports.clock import Clock
from mainstay.ports.findings import Finding, fault_of
from mainstay.ports.telemetry import Telemetry, Trouble
from mainstay.ports.tools import (
    ToolContext,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    ToolSpec,
)
from mainstay.tools.functions import FunctionTools
from mainstay.tools.remote.comparison import Comparison
from mainstay.tools.remote.failure import Lost, NotSent, NotTaken
from mainstay.tools.remote.options import RemoteOptions
from mainstay.tools.remote.session import ToolSession
from mainstay.tools.wire.grant import GrantKey
from mainstay.tools.wire.words import QUERY


class RemoteTools:
    """The tools of one agent, called in another process.

    The worker has the agent loaded too: its schemas, approval rules and unique keys
    are applied here, and only ``call`` and ``query`` go over the wire.

    Args:
        local: the same agent's tools.
        url: the service's MCP endpoint, such as ``http://tools:9000/mcp``.
        secret: shared with the service, at least 32 bytes.
        clock: for expiry and pauses.
        telemetry: takes a ``Trouble`` for what keeps a call from its outcome.
        options: the limits.

    Raises:
        MainstayError: the secret is too short.
    """

    def __init__(
        self,
        local: FunctionTools,
        url: str,
        secret: str,
        clock: Clock,
        telemetry: Telemetry,
        options: RemoteOptions | None = None,
    ) -> None:
        self._options = options or RemoteOptions()
        self._local = local
        self._specs = {spec.name: spec for spec in local.list()}
        self._telemetry = telemetry
        self._session = ToolSession(url, GrantKey(secret), clock, self._options)
        self._comparison = Comparison(
            local.list(), self._session, clock, telemetry, self._options
        )

    async def start(self) -> None:
        """Compare the two sides' tools from now on; does not wait for the service."""
        await self._comparison.start()

    async def close(self) -> None:
        """Stop comparing and close every connection; may be repeated."""
        await self._comparison.stop()
        await self._session.close()

    async def reach(self) -> Finding:
        """Tell whether the service answers, and who it takes this worker for."""
        try:
            await self._session.list(self._options.accept_s)
        except MainstayError as error:
            return fault_of(error)
        return Finding(True)

    def list(self) -> Sequence[ToolSpec]:
        """Return every tool in the order of its definition."""
        return self._local.list()

    def approval_needed(self, name: str, args: Mapping[str, Any]) -> bool:
        """Apply the tool's rule here; True when it raises."""
        return self._local.approval_needed(name, args)

    def unique_key(
        self, name: str, args: Mapping[str, Any], customer_id: str
    ) -> str | None:
        """Return the key under which this effect may exist once, or None."""
        return self._local.unique_key(name, args, customer_id)

    async def call(
        self, name: str, args: Mapping[str, Any], context: ToolContext
    ) -> ToolOutcome:
        """Have the service call a tool.

        What was certainly not begun is refused as a fault. What was sent and has no
        answer is in doubt for an effect and a fault for a lookup.
        """
        spec = self._specs.get(name)
        if spec is None:
            return ToolRefused(f"There is no tool {name!r}.")
        timeout_s = spec.timeout_s + self._options.margin_s
        try:
            outcome = await self._session.call(name, args, context, timeout_s)
        except (NotSent, NotTaken) as error:
            self._report(name, error)
            return _out_of_order(name)
        except Lost as error:
            return self._lost(spec, error)
        if outcome is None:
            return self._lost(spec, Lost("the tool service answered with no outcome"))
        return outcome

    async def query(self, name: str, context: ToolContext) -> ToolOutcome | None:
        """Have the service ask; whatever keeps it from answering is doubt."""
        spec = self._specs.get(name)
        if spec is None:
            return ToolDoubt(f"{name} cannot be asked what became of a call")
        timeout_s = spec.timeout_s + self._options.margin_s
        try:
            return await self._session.call(QUERY, {"tool": name}, context, timeout_s)
        except (NotSent, NotTaken, Lost) as error:
            return ToolDoubt(self._report(f"query of {name}", error))

    def _lost(self, spec: ToolSpec, error: Lost) -> ToolOutcome:
        reason = self._report(spec.name, error)
        return ToolDoubt(reason) if spec.effect else _out_of_order(spec.name)

    def _report(self, where: str, error: MainstayError) -> str:
        """Tell telemetry, and return the same in one line."""
        self._telemetry.emit(Trouble(where=f"tool service: {where}", error=str(error)))
        return f"{where}: {error}"


def _out_of_order(name: str) -> ToolRefused:
    return ToolRefused(f"{name} does not work at the moment.", fault=True)
