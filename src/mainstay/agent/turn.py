"""One turn, from its journal to its end."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mainstay.agent.escalation import why_look
from mainstay.agent.failover import Calls
from mainstay.agent.grip import Grip
from mainstay.agent.guard import Guard
from mainstay.agent.ladder import Ladder, Landed
from mainstay.agent.ledger import Ledger
from mainstay.agent.options import LadderOptions, Persona
from mainstay.agent.progress import Progress
from mainstay.agent.purse import Purse
from mainstay.agent.retrying import Retrying
from mainstay.agent.reuse import reusable
from mainstay.agent.saving import save
from mainstay.agent.speech import Speech
from mainstay.agent.telling import ASKED, tell_of_humans
from mainstay.agent.toolbox import Toolbox
from mainstay.agent.transcript import Transcript
from mainstay.agent.wording import generic, handing_off
from mainstay.domain.human_request import asks_for_human
from mainstay.domain.question import Reusable
from mainstay.domain.reply import Reply
from mainstay.domain.spend import Limit
from mainstay.domain.step import Usage
from mainstay.domain.turn import (
    HELD_RETRY_FOR_MS,
    LADDER_MS,
    MAX_STRIKES,
    Claim,
    Turn,
)
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.ports.feed import Whisper
from mainstay.ports.journal import Ending, Journal, Record
from mainstay.ports.knowledge import Knowledge
from mainstay.ports.telemetry import LimitReached, Telemetry
from mainstay.ports.tools import Tools
from mainstay.ports.trace_events import ReplyWritten
from mainstay.resilience.deadline import Deadline
from mainstay.resilience.retry_budget import RetryBudget

HELD_BACKOFF_S = (2.0, 60.0)
"""A held turn's pause between attempts: doubles from the first to the second."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The turn ended; its reply is committed.

    Args:
        state: of the turn.
        reply: what the customer hears.
        more: whether the conversation has more work now.
        since_accept_ms: from accept to the commit, also when the reply was left out
            because a holding reply had said the same: its customer was not answered.
    """

    state: str
    reply: Reply
    more: bool
    since_accept_ms: float


@dataclass(frozen=True, slots=True)
class PutOff:
    """No model could be had for now; the turn is due again after ``delay_s``."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class TurnRunner:
    """Runs claimed turns; one for all turns of a worker.

    Args:
        journal: where steps become durable.
        caller: model calls behind their gates.
        knowledge: level 3.
        tools: the agent's tools.
        tool_breakers: one a tool.
        retries: the process's retry budget.
        persona: the agent.
        options: the ladder's.
        price: US dollars of a model's tokens.
        whisper: where pieces of unfinished replies go.
        telemetry: is told.
        clock: time.
        ids: names approvals.
        limits: how much may be spent on models.
        judged: returns them as a turn that begins now is judged by.
    """

    journal: Journal
    caller: Calls
    knowledge: Knowledge
    tools: Tools
    tool_breakers: Mapping[str, Guard]
    retries: RetryBudget
    persona: Persona
    options: LadderOptions
    price: Callable[[str, Usage], float]
    whisper: Whisper
    telemetry: Telemetry
    clock: Clock
    ids: Ids
    limits: Sequence[Limit] = ()
    judged: Callable[[Sequence[Limit]], Sequence[Limit]] = lambda limits: limits

    async def run(self, claim: Claim, grip: Grip) -> Answered | PutOff:
        """Take the turn from wherever its journal says it stands to its end.

        Raises:
            LeaseLost: another worker goes on with it.
            TakenOver: a human owns the conversation; the turn is handed off.
            Conflict: the holding reply went out meanwhile; postpone the turn.
            StoreUnavailable: the store cannot be written; try again.
        """
        record = await self.journal.load(claim)
        turn = claim.turn
        work = self._work(claim, record, grip)
        if turn.strikes > MAX_STRIKES:
            return await self._die(work, "its attempts kept crashing")
        if record.approval is not None:
            await work.toolbox.carry_out(record.approval)
        await work.toolbox.run_open_calls()
        return await self._answer(work)

    def _work(self, claim: Claim, record: Record, grip: Grip) -> "_Work":
        ledger = Ledger(claim.turn.id, record.effects)
        progress = Progress.of(record.steps)
        started_ms = self.clock.now_ms()
        retrying = Retrying.of(
            self.retries,
            _deadline(claim.turn, started_ms, self.clock),
            self.clock,
            progress,
            partial(save, self.journal, claim, progress, ledger),
        )
        toolbox = Toolbox(
            claim=claim,
            customer_id=record.conversation.customer_id,
            tools=self.tools,
            breakers=self.tool_breakers,
            journal=self.journal,
            progress=progress,
            ledger=ledger,
            grip=grip,
            retrying=retrying,
            clock=self.clock,
            ids=self.ids,
            telemetry=self.telemetry,
        )
        transcript = Transcript(claim.turn, record, ledger)
        return _Work(
            claim=claim,
            progress=progress,
            purse=Purse.of(record, self.judged(self.limits), self.price),
            ledger=ledger,
            transcript=transcript,
            toolbox=toolbox,
            started_ms=started_ms,
            low_priority=record.conversation.low_priority,
        )

    async def _answer(self, work: "_Work") -> Answered | PutOff:
        ladder = self._ladder(work)
        landed = await ladder.climb_down()
        held = work.claim.turn.held_at_ms is not None
        if ladder.limit is not None:
            name = ladder.limit.name
            self.telemetry.emit(LimitReached(work.claim.turn.id, name))
            if held and not self._owes_word(work):
                return await self._die(work, ladder.why, once=True)
        elif landed is None and held and work.progress.handoff is None:
            return await self._wait_for_model(work)
        if landed is None and ladder.wait_s is not None:
            return await self._put_off(work, ladder.wait_s)
        if landed is None:
            landed = await ladder.without_model()
        return await self._end(work, landed)

    async def _wait_for_model(self, work: "_Work") -> Answered | PutOff:
        turn = work.claim.turn
        held_ms = self.clock.now_ms() - (turn.held_at_ms or 0)
        if held_ms > HELD_RETRY_FOR_MS:
            return await self._die(work, "no model answered for an hour")
        first_s, last_s = HELD_BACKOFF_S
        delay_s = min(last_s, max(first_s, held_ms / 1000))
        return await self._put_off(work, delay_s)

    async def _put_off(self, work: "_Work", delay_s: float) -> PutOff:
        """Give the claim back until then, which is no strike."""
        await work.toolbox.save()
        work.toolbox.grip.let_go()
        spent = work.purse.fresh
        await self.journal.postpone(work.claim, delay_s, orderly=True, spent=spent)
        return PutOff(delay_s)

    async def _end(self, work: "_Work", landed: Landed) -> Answered:
        reply, state = landed.reply, "answered"
        asked_for = self._wants_human(work, landed)
        if asked_for is not None:
            state = "handed_off"
            if reply.fallback_level >= 3:
                reply = handing_off(self.persona.contact, work.ledger.of_turn())
        elif work.toolbox.waiting():
            state = "waiting_approval"
        look = why_look(asked_for, landed, work.ledger)
        ending = Ending(
            reply=reply,
            state=state,
            steps=list(work.progress.unsaved),
            changed=list(work.ledger.unsaved),
            usage=work.purse.usage,
            cost_usd=work.purse.cost_usd,
            timings_ms=self._timings_ms(work, landed),
            spent=work.purse.fresh,
            escalate=look.why,
            escalate_once=look.once,
            approvals=work.toolbox.waiting(),
            question=self._reusable(work, reply) if state == "answered" else None,
        )
        more = await self._finish(work, ending)
        turn, by_tool = work.claim.turn, work.progress.handoff is not None
        tell_of_humans(self.telemetry, turn, ending, look.cause, by_tool=by_tool)
        since_accept_ms = self.clock.now_ms() - turn.accepted_at_ms
        return Answered(state, reply, more, since_accept_ms)

    async def _die(self, work: "_Work", why: str, *, once: bool = False) -> Answered:
        reply = generic(self.persona.contact, work.ledger.of_turn())
        if work.claim.turn.held_at_ms is not None and self._owes_word(work):
            # A death after the holding reply is silent.
            return await self._end(work, Landed(reply, why))
        ending = Ending(
            reply=reply,
            state="dead",
            steps=list(work.progress.unsaved),
            changed=list(work.ledger.unsaved),
            usage=work.purse.usage,
            cost_usd=work.purse.cost_usd,
            spent=work.purse.fresh,
            escalate=why,
            escalate_once=once,
        )
        more = await self._finish(work, ending)
        turn = work.claim.turn
        tell_of_humans(self.telemetry, turn, ending, "dead", by_tool=False)
        since_accept_ms = self.clock.now_ms() - turn.accepted_at_ms
        return Answered("dead", reply, more, since_accept_ms)

    async def _finish(self, work: "_Work", ending: Ending) -> bool:
        """Commit the end; return whether there is more work in the conversation."""
        work.toolbox.grip.let_go()
        began_s = self.clock.monotonic_s()
        more = await self.journal.finish(work.claim, ending)
        event = ReplyWritten(
            work.claim.turn.id,
            ending.state,
            ending.reply.fallback_level,
            ending.reply.model,
            (self.clock.monotonic_s() - began_s) * 1000,
            ending.escalate is not None,
            ending.usage,
            ending.cost_usd,
        )
        self.telemetry.emit(event)
        return more

    def _owes_word(self, work: "_Work") -> bool:
        """Tell whether a turn that was held may not die without another word.

        Something was done, waits for a human, or one was asked for.
        """
        done = work.ledger.of_turn() or work.toolbox.waiting()
        asked = asks_for_human(work.transcript.question)
        return bool(done) or asked or work.progress.handoff is not None

    def _ladder(self, work: "_Work") -> Ladder:
        retrying = work.toolbox.retrying
        return Ladder(
            options=self.options,
            persona=self.persona,
            caller=self.caller,
            knowledge=self.knowledge,
            transcript=work.transcript,
            toolbox=work.toolbox,
            progress=work.progress,
            purse=work.purse,
            ledger=work.ledger,
            retrying=retrying,
            deadline=retrying.deadline,
            start_text=Speech(work.claim.turn, self.whisper).start,
            low_priority=work.low_priority,
        )

    def _wants_human(self, work: "_Work", landed: Landed) -> str | None:
        """Return why a human should take over: a tool asked, or the customer did.

        Or what was done is still to be told, and after a holding reply there is no
        other way to tell it without a model.
        """
        if work.progress.handoff is not None:
            return work.progress.handoff
        asked = asks_for_human(work.transcript.question)
        if asked and not landed.reply.tools_enabled:
            return ASKED
        held = work.claim.turn.held_at_ms is not None
        return landed.escalate if held and landed.reply.fallback_level >= 3 else None

    def _reusable(self, work: "_Work", reply: Reply) -> Reusable | None:
        return reusable(self.persona, work.transcript, work.progress, reply)

    def _timings_ms(self, work: "_Work", landed: Landed) -> dict[str, float]:
        now_ms = self.clock.now_ms()
        run: dict[str, float] = {"run_ms": now_ms - work.started_ms}
        return run if landed.limit is None else run | {"limited_ms": now_ms}


@dataclass(slots=True)
class _Work:
    """What one attempt carries along."""

    claim: Claim
    progress: Progress
    purse: Purse
    ledger: Ledger
    transcript: Transcript
    toolbox: Toolbox
    started_ms: int
    low_priority: bool


def _deadline(turn: Turn, started_ms: int, clock: Clock) -> Deadline:
    """Return the attempt's end: a held turn's attempts start afresh, others do not."""
    from_ms = turn.accepted_at_ms if turn.held_at_ms is None else started_ms
    return Deadline(from_ms + LADDER_MS, clock)
