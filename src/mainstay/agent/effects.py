"""One effect: intent on disk, the call, its fate on disk; never done twice."""

from collections.abc import Callable
from dataclasses import dataclass

from mainstay.agent.grip import Grip
from mainstay.agent.ledger import Ledger
from mainstay.agent.progress import Progress
from mainstay.domain.effect import Effect
from mainstay.domain.errors import Conflict
from mainstay.domain.step import IntentStep, ToolCall
from mainstay.domain.turn import Claim
from mainstay.ports.journal import EffectChange, Entry, Journal
from mainstay.ports.tools import (
    ToolContext,
    ToolDone,
    ToolDoubt,
    ToolOutcome,
    ToolRefused,
    Tools,
    ToolSpec,
)

DONE_BEFORE = "This was already done or is under way; it is not done a second time."
DOUBTED_BEFORE = (
    "Exactly this was asked for before, but its fate is not known: it "
    "is not sent again; tell the customer that a colleague checks it."
)
KEYED_TRIES = 2
"""A keyed call whose fate is unknown is sent again under the same key."""


@dataclass(frozen=True, slots=True)
class EffectRunner:
    """Runs effect calls of one turn.

    Args:
        claim: the turn and its lease.
        tools: the agent's tools.
        journal: where intents and fates become durable.
        progress: the turn's steps.
        ledger: the conversation's effects.
        grip: asked before every call.
        context: makes the tool's context for a key.
        customer_id: from the credentials.
    """

    claim: Claim
    tools: Tools
    journal: Journal
    progress: Progress
    ledger: Ledger
    grip: Grip
    context: Callable[[str], ToolContext]
    customer_id: str

    async def run(self, call: ToolCall, spec: ToolSpec, key: str) -> ToolOutcome:
        """Carry a call out at most once, or find out what became of it.

        The fate is noted in the ledger; the caller's next journal write stores it
        together with the result.

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
            outcome = await self._send(call, spec, key)
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
        return None

    async def _resolve(self, call: ToolCall, spec: ToolSpec, key: str) -> ToolOutcome:
        """Settle a call whose sender died, by what its tool declares."""
        match spec.once:
            case "keyed":
                return await self._send(call, spec, key)
            case "queryable":
                self.grip.ensure()
                found = await self.tools.query(call.name, self.context(key))
                return found or ToolDoubt("the other side knows nothing of it yet")
            case "unsafe":
                return ToolDoubt("the process that sent it died")

    async def _send(self, call: ToolCall, spec: ToolSpec, key: str) -> ToolOutcome:
        tries = KEYED_TRIES if spec.once == "keyed" else 1
        outcome: ToolOutcome = ToolDoubt("not sent")
        for _ in range(tries):
            self.grip.ensure()
            outcome = await self.tools.call(call.name, call.args, self.context(key))
            if not isinstance(outcome, ToolDoubt):
                break
        return outcome


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
