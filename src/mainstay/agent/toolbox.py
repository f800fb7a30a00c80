"""Runs the tool calls of one response: journal, call, journal."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstay.agent.effects import EffectRunner
from mainstay.agent.grip import Grip
from mainstay.agent.guard import Guard
from mainstay.agent.in_time import NO_TIME, call_in_time, has_time, was_cut_short
from mainstay.agent.ledger import Ledger
from mainstay.agent.progress import Progress
from mainstay.agent.results import as_result
from mainstay.agent.retrying import Retrying
from mainstay.agent.saving import save
from mainstay.domain.step import ResultStep, ToolCall
from mainstay.domain.turn import Claim
from mainstay.domain.turn_trace import tool_of
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.ports.journal import Approval, Journal
from mainstay.ports.telemetry import Telemetry, ToolCalled
from mainstay.ports.tools import (
    ToolContext,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    Tools,
    ToolSpec,
)
from mainstay.ports.turn_events import EffectChanged, Escalated

NO_TOOL = "other"
"""What telemetry calls a tool that a model made up."""

PAUSED = "This tool is failing for everybody just now; go on without it."
NEEDS_APPROVAL = (
    "Not done: a colleague must approve this first and has been asked. Tell the "
    "customer that the request is with a colleague and that they will hear here."
)


@dataclass(slots=True)
class Toolbox:
    """The tools as one turn may use them.

    Args:
        claim: the turn and its lease.
        customer_id: from the credentials.
        tools: the agent's tools.
        breakers: one a tool.
        journal: where steps become durable.
        progress: the turn's steps.
        ledger: the conversation's effects.
        grip: asked before every call.
        retrying: the turn's retries and deadline.
        clock: for durations.
        ids: names approvals.
        telemetry: is told.
    """

    claim: Claim
    customer_id: str
    tools: Tools
    breakers: Mapping[str, Guard]
    journal: Journal
    progress: Progress
    ledger: Ledger
    grip: Grip
    retrying: Retrying
    clock: Clock
    ids: Ids
    telemetry: Telemetry

    async def run_open_calls(self) -> None:
        """Run every call of the last response that has no result yet, in order."""
        if self.progress.open_calls:
            await self.save()
        for call in self.progress.open_calls:
            await self._run(call)

    async def save(self) -> None:
        """Journal what is not journaled yet; then tell what became of effects."""
        changed = self.ledger.unsaved
        await save(self.journal, self.claim, self.progress, self.ledger)
        for change in changed:
            effect = self.ledger.get(change.key)
            tool = NO_TOOL if effect is None else effect.tool
            turn_id = self.claim.turn.id
            self.telemetry.emit(EffectChanged(turn_id, tool, change.state))
            if change.state == "unknown":
                self.telemetry.emit(Escalated(turn_id, "doubt"))

    async def carry_out(self, approval: Approval) -> None:
        """Run a call that a human approved, under the key it was shown with."""
        if approval.state != "approved" or approval.id in self.progress.results:
            return
        call = ToolCall(approval.id, approval.tool, approval.args)
        spec = self._spec(call)
        if spec is not None:
            started = self.clock.monotonic_s()
            # A human decided that it is done, not that it is done by a certain time.
            outcome = await self._effects().run(call, spec, approval.key, None)
            self.progress.add(as_result(call.id, outcome))
            await self.save()
            self._tell(call, approval.key, outcome, started)

    async def _run(self, call: ToolCall) -> None:
        started = self.clock.monotonic_s()
        spec = self._spec(call)
        outcome = await self._outcome(call, spec)
        if isinstance(outcome, Approval):
            step = ResultStep(call.id, NEEDS_APPROVAL, approval_id=outcome.id)
        else:
            step = as_result(call.id, outcome)
        self.progress.add(step)
        if spec is not None and spec.effect:
            await self.save()
        self._tell(call, self.key_of(call), outcome, started)

    def _tell(
        self, call: ToolCall, key: str, outcome: ToolOutcome | Approval, started: float
    ) -> None:
        ms = (self.clock.monotonic_s() - started) * 1000
        turn_id, how = self.claim.turn.id, type(outcome).__name__
        tool = NO_TOOL if self._spec(call) is None else call.name
        event = ToolCalled(turn_id, tool, how, ms, key, call, outcome)
        self.telemetry.emit(event)

    async def _outcome(
        self, call: ToolCall, spec: ToolSpec | None
    ) -> ToolOutcome | Approval:
        if spec is None:
            return ToolRefused(f"There is no tool {call.name}.")
        key = self.key_of(call)
        if self._must_ask(call, spec, key):
            return self._approval(call, self.ids.new("appr"))
        begun = self.ledger.get(key) is not None
        if not begun and not has_time(spec, self.retrying.deadline):
            return ToolRefused(NO_TIME)
        permit = await self.breakers[call.name].admit()
        if permit is None:
            return ToolRefused(PAUSED, fault=True)
        effects = self._effects()
        try:
            outcome = await self._call(call, spec, key, effects)
        except BaseException:
            permit.neutral()
            raise
        if was_cut_short(outcome) or (spec.effect and not effects.asked):
            permit.neutral()
        else:
            (permit.failure if _broke(outcome) else permit.success)()
        return outcome

    async def _call(
        self, call: ToolCall, spec: ToolSpec, key: str, effects: EffectRunner
    ) -> ToolOutcome:
        deadline = self.retrying.deadline
        if spec.effect:
            return await effects.run(call, spec, key, deadline)
        self.grip.ensure()
        context = self._context(key)
        return await call_in_time(self.tools, call, spec, context, deadline)

    def key_of(self, call: ToolCall) -> str:
        """Return the call's idempotency key: journaled with the response, so stable."""
        return f"{self.claim.turn.id}:{call.id}"

    def waiting(self) -> list[Approval]:
        """Return the calls of this turn that wait for a human, from its journal."""
        calls = {c.id: c for r in self.progress.responses for c in r.calls}
        return [
            self._approval(calls[result.call_id], result.approval_id)
            for result in self.progress.results.values()
            if result.approval_id is not None
        ]

    def _must_ask(self, call: ToolCall, spec: ToolSpec, key: str) -> bool:
        if not spec.effect or self.ledger.get(key) is not None:
            return False
        return self.tools.approval_needed(call.name, call.args)

    def _approval(self, call: ToolCall, id_: str) -> Approval:
        turn = self.claim.turn
        where = (turn.conversation_id, turn.id)
        return Approval(id_, *where, call.name, call.args, self.key_of(call), "waiting")

    def _spec(self, call: ToolCall) -> ToolSpec | None:
        return next((s for s in self.tools.list() if s.name == call.name), None)

    def _effects(self) -> EffectRunner:
        return EffectRunner(
            self.claim,
            self.tools,
            self.journal,
            self.progress,
            self.ledger,
            self.grip,
            self.retrying,
            self._context,
            self.customer_id,
            self.telemetry,
        )

    def _context(self, key: str) -> ToolContext:
        turn = self.claim.turn
        trace = tool_of(turn, key)
        return ToolContext(
            self.customer_id,
            turn.conversation_id,
            turn.id,
            key,
            traceparent="" if trace is None else trace.traceparent,
            tracestate="" if trace is None else trace.state,
        )


def _broke(outcome: ToolOutcome) -> bool:
    """Tell whether the tool is at fault; a refusal in words is not."""
    match outcome:
        case ToolRefused(_, fault):
            return fault
        case ToolDoubt():
            return True
        case _:
            return False
