"""The journal: what a turn did, so that another worker can go on with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mainstay.domain.conversation import Conversation
from mainstay.domain.effect import Effect, EffectState
from mainstay.domain.message import Message
from mainstay.domain.question import Reusable
from mainstay.domain.reply import Reply
from mainstay.domain.spend import NOTHING, UNSPENT, Amount, Spent
from mainstay.domain.step import Step, Usage
from mainstay.domain.turn import Claim, Turn

EARLIER_MESSAGES = 120
"""Messages before the turn's own that the model may see; its budget is tighter."""

DOUBT = "an effect is in doubt"
"""The cause of the escalation that each effect of unknown fate gets."""


def most_messages(turn: Turn) -> int:
    """Return how many messages a turn is shown at most: its own, and earlier ones."""
    return turn.last_seq - turn.first_seq + 1 + EARLIER_MESSAGES


@dataclass(frozen=True, slots=True)
class Approval:
    """A tool call that waits, or waited, for a human's decision.

    Args:
        id: its identity.
        conversation_id: where.
        turn_id: the turn that asked.
        tool: the tool.
        args: its arguments, a JSON object.
        key: the idempotency key the call will use.
        state: where it stands.
    """

    id: str
    conversation_id: str
    turn_id: str
    tool: str
    args: Mapping[str, Any]
    key: str
    state: Literal["waiting", "approved", "denied"]


@dataclass(frozen=True, slots=True)
class Record:
    """All a worker needs to go on with a turn.

    Args:
        conversation: whose turn it is.
        messages: the conversation's newest messages in order, this turn's included.
        steps: this turn's journal in order.
        effects: the conversation's effects in order, those of this turn included.
        approval: the decided approval this turn carries out, or None.
        earlier_messages: how many older messages ``messages`` leaves out.
        spent: what the store has counted for customer, conversation and day.
        uncounted: how many of the last ``steps`` it has not: those of attempts that
            broke off.
    """

    conversation: Conversation
    messages: Sequence[Message]
    steps: Sequence[Step]
    effects: Sequence[Effect]
    approval: Approval | None = None
    earlier_messages: int = 0
    spent: Spent = UNSPENT
    uncounted: int = 0


@dataclass(frozen=True, slots=True)
class EffectChange:
    """What became of an effect.

    Args:
        key: the effect.
        state: its new state; ``unknown`` is escalated in the commit that writes it.
        result: what the tool returned, JSON data.
        statement: the sentence a customer may read about it.
    """

    key: str
    state: EffectState
    result: Any = None
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one journal write adds, all or nothing.

    Args:
        steps: new steps in order.
        intended: new effects.
        changed: effects whose fate is now known.
        needs_ai: refuse when a human has taken over (before new effects).
    """

    steps: Sequence[Step] = ()
    intended: Sequence[Effect] = ()
    changed: Sequence[EffectChange] = ()
    needs_ai: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends with a reply.

    Args:
        reply: what the customer hears.
        state: ``answered``; ``handed_off`` gives the conversation to a human in the
            same commit; ``waiting_approval`` leaves ``reply`` as the interim word;
            ``dead`` marks the turn dead (its reply is left out when it was held).
        steps: last steps not yet journaled.
        changed: effects whose fate becomes known here.
        usage: tokens of the whole turn.
        cost_usd: their price, US dollars.
        timings_ms: named durations, milliseconds.
        spent: what the store has not counted of it; added in this commit.
        escalate: why a human should look, or None.
        escalate_once: leave it out while one for the same reason is open here.
        approvals: calls that wait for a human; none unless the turn waits for them, or
            hands off: then what is decided is done after the hand-back.
        question: what was asked, when level 3 may give others this reply.
    """

    reply: Reply
    state: Literal["answered", "handed_off", "waiting_approval", "dead"]
    steps: Sequence[Step] = ()
    changed: Sequence[EffectChange] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    timings_ms: Mapping[str, float] = field(default_factory=dict[str, float])
    spent: Amount = NOTHING
    escalate: str | None = None
    escalate_once: bool = False
    approvals: Sequence[Approval] = ()
    question: Reusable | None = None


class Journal(Protocol):
    """Fenced writes of one turn; every one checks the lease in its own transaction."""

    async def load(self, claim: Claim, *, after: int = 0) -> Record:
        """Read all that the turn needs; called after the claim's commit.

        Messages up to number ``after`` are left out, as if they were too old.

        Raises:
            LeaseLost: the lease is no longer the newest.
        """
        ...

    async def append(self, claim: Claim, entry: Entry) -> None:
        """Write an entry.

        Raises:
            LeaseLost: another worker has claimed the conversation; nothing written.
            TakenOver: ``needs_ai`` and a human owns the conversation; nothing written.
            Conflict: an intended effect's unique key is already taken; nothing written.
        """
        ...

    async def finish(self, claim: Claim, ending: Ending) -> bool:
        """Commit the reply, the turn's end, its events, and the lease's end, at once.

        Returns whether the conversation has more work for the AI now.

        Raises:
            LeaseLost: another worker has claimed the conversation; nothing written.
            TakenOver: a human owns the conversation; the turn is ``handed_off`` and
                the lease ended, but no reply was written.
            Conflict: the turn got its holding reply meanwhile, so a reply of level 3
                or 4 would be a second one of its kind; nothing written.

        Who still holds the lease has ``spent`` counted, also when this is refused.
        """
        ...

    async def postpone(
        self,
        claim: Claim,
        delay_s: float,
        *,
        orderly: bool,
        spent: Amount = NOTHING,
    ) -> None:
        """End an attempt; the turn is due again after ``delay_s`` seconds.

        An orderly end (no model could be had) takes the turn's strikes away; a
        disorderly one (an error nobody expected) leaves them. ``spent`` is counted as
        in ``finish``.

        Raises:
            LeaseLost: another worker has claimed the conversation; nothing written.
            TakenOver: a human owns the conversation; only the lease was ended.
        """
        ...
