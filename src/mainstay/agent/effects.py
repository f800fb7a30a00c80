"""One effect: intent on disk, the call, its fate on disk; never done twice."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mainstay.agent.grip import Grip
from mainstay.agent.in_time import call_in_time
from mainstay.agent.ledger import Ledger
from mainstay.agent.progress import Progress
from mainstay.agent.retrying import Retrying
from mainstay.domain.effect import Effect
from mainstay.domain.errors import Conflict
from mainstay.domain.step import IntentStep, ToolCall
from mainstay.domain.turn import Claim
from mainstay.ports.journal import EffectChange, Entry, Journal
from mainstay.ports.telemetry import Telemetry
from mainstay.ports.tools import (
    ToolContext,
    ToolDone,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    Tools,
    ToolSpec,
)
from mainstay.ports.turn_events import EffectChanged
from mainstay.resilience.deadline import Deadline

DONE_BEFORE = "This was already done or is under way; it is not done a second time."
DOUBTED_BEFORE = (
    "Exactly this was asked for before, but its fate is not known: it "
    "is not sent again; tell the customer that a colleague checks it."
)
AGAIN_NEEDS_S = 2.0
"""Seconds that must be left to send a keyed call again."""


@dataclass(slots=True)
class EffectRunner:
    """Runs an effect call of one turn.

    Args:
        claim: the turn and its lease.
        tools: the agent's tools.
        journal: where intents and fates become durable.
        progress: the turn's steps.
        ledger: the conversation's effects.
        grip: asked before every call.
        retrying: the turn's retries and deadline.
        context: makes the tool's context for a key.
        customer_id: from the credentials.
        telemetry: is told of each effect that begins.
        asked: whether the other side was asked anything: only then does the outcome
            tell of its health.
    """

    claim: Claim
    tools: Tools
    journal: Journal
    progress: Progress
    ledger: Ledger
    grip: Grip
    retrying: Retrying
    context: Callable[[str], ToolContext]
    customer_id: str
    telemetry: Telemetry
    asked: bool = field(default=False, init=False)

    async def run(
        self, call: ToolCall, spec: ToolSpec, key: str, deadline: Deadline | None
    ) -> ToolOutcome:
        """Carry a call out at most once, or find out what became of it.

        The fate is noted in the ledger; the caller's next journal write stores it
        together with the result.

        Args:
            call: the call.
            spec: of its tool.
            key: its idempotency key.
            deadline: when a new call is given up; None leaves the tool its whole time.

        Raises:
            LeaseLost: another worker goes on with the turn.
            TakenOver: a human owns the conversation; nothing was called.
        """
        known = self.ledger.get(key)
        if known is None:
            if self.ledger.in_doubt(call.name, call.args):
                return ToolRefused(DOUBTED_BEFORE)
            refused = await self._intend(call, key)
            if refused is not None:
                return refused
            outcome = await self._send(call, spec, key, deadline)
        elif known.state == "intended":
            outcome = await self._resolve(call, spec, key)
        else:
            return _remembered(known)
        self.ledger.settle(_change(key, outcome))
        return outcome

    async def _intend(self, call: ToolCall, key: str) -> ToolRefused | None:
        unique = self.tools.unique_key(call.name, call.args, self.customer_id)
        effect = Effect(
            key, call.name, call.args, "intended", None, "", self.claim.turn.id, unique
        )
        intent = IntentStep(call, key)
        steps = [*self.progress.unsaved, intent]
        changed = list(self.ledger.unsaved)
        try:
            entry = Entry(steps, intended=[effect], changed=changed, needs_ai=True)
            await self.journal.append(self.claim, entry)
        except Conflict:
            return ToolRefused(DONE_BEFORE)
        self.progress.add(intent)
        self.progress.saved()
        self.ledger.saved()
        self.ledger.intend(effect)
        self.telemetry.emit(EffectChanged(effect.turn_id, effect.tool, "intended"))
        return None

    async def _resolve(self, call: ToolCall, spec: ToolSpec, key: str) -> ToolOutcome:
        """Settle a call whose sender died, by what its tool declares.

        Its fate matters more than the turn's deadline: it has the tool's whole time.
        """
        match spec.once:
            case "keyed":
                return await self._send(call, spec, key, None)
            case "queryable":
                self.grip.ensure()
                self.asked = True
                found = await self.tools.query(call.name, self.context(key))
                return found or ToolDoubt("the other side knows nothing of it yet")
            case "unsafe":
                return ToolDoubt("the process that sent it died")

    async def _send(
        self, call: ToolCall, spec: ToolSpec, key: str, deadline: Deadline | None
    ) -> ToolOutcome:
        """Send a call; a keyed one without an answer again, as one of the retries."""
        outcome = await self._sent(call, spec, key, deadline)
        if not isinstance(outcome, ToolDoubt) or spec.once != "keyed":
            return outcome
        if not await self.retrying.again("tool", AGAIN_NEEDS_S):
            return outcome
        return await self._sent(call, spec, key, deadline)

    async def _sent(
        self, call: ToolCall, spec: ToolSpec, key: str, deadline: Deadline | None
    ) -> ToolOutcome:
        self.grip.ensure()
        self.asked = True
        return await call_in_time(self.tools, call, spec, self.context(key), deadline)


def _change(key: str, outcome: ToolOutcome) -> EffectChange:
    match outcome:
        case ToolDone(result, statement):
            return EffectChange(key, "committed", result, statement)
        case ToolRefused(reason):
            return EffectChange(key, "failed", reason)
        case ToolDoubt(reason):
            return EffectChange(key, "unknown", reason)


def _remembered(effect: Effect) -> ToolOutcome:
    match effect.state:
        case "committed":
            return ToolDone(effect.result, effect.statement)
        case "failed":
            return ToolRefused(str(effect.result))
        case _:
            return ToolDoubt("known to be in doubt")
