"""The ladder: five levels, one deadline, one retry loop."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from mainstay.agent.descent import Again, Compact, Descend, Retry, decide
from mainstay.agent.failover import Calls
from mainstay.agent.gate import ProposedCall, Refusal
from mainstay.agent.ledger import Ledger
from mainstay.agent.options import LadderOptions, Persona
from mainstay.agent.paused import MAX_PAUSES, is_paused, joined
from mainstay.agent.progress import Progress
from mainstay.agent.purse import Purse
from mainstay.agent.retrying import Retrying
from mainstay.agent.toolbox import Toolbox
from mainstay.agent.transcript import Transcript
from mainstay.agent.wording import (
    doubts,
    generic,
    not_by_a_model,
    statements,
    with_facts,
)
from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.reply import Level, Reply
from mainstay.domain.spend import Limit, Scope
from mainstay.domain.step import ModelStep
from mainstay.ports.knowledge import Knowledge
from mainstay.ports.turn_events import Cause
from mainstay.resilience.deadline import Deadline

NO_TOOLS = (
    "Tools are off for this reply. Answer from what is above only: do not say that you "
    "did, or will do, anything that no tool result above shows."
)

OnText = Callable[[str], None]
ModelLevel = Literal[0, 1, 2]


@dataclass(frozen=True, slots=True)
class Landed:
    """Where the ladder ended.

    Args:
        reply: what the customer hears.
        escalate: why a human should look, or None.
        limit: what allowed no further model call, or None.
        cause: the kind of ``escalate``; says nothing without.
    """

    reply: Reply
    escalate: str | None = None
    limit: Limit | None = None
    cause: Cause = "no_model"


@dataclass(slots=True)
class Ladder:
    """One attempt at a turn.

    Args:
        options: models and times.
        persona: the agent.
        caller: model calls behind their gates.
        knowledge: level 3.
        transcript: what the models read.
        toolbox: what level 0 may do.
        progress: the turn's steps.
        purse: what the turn may spend.
        ledger: the turn's effects.
        retrying: the turn's retries.
        deadline: the attempt's end.
        start_text: called at every start of a text; returns where its pieces go.
        low_priority: whether the fallback model will do while the primary is scarce.
    """

    options: LadderOptions
    persona: Persona
    caller: Calls
    knowledge: Knowledge
    transcript: Transcript
    toolbox: Toolbox
    progress: Progress
    purse: Purse
    ledger: Ledger
    retrying: Retrying
    deadline: Deadline
    start_text: Callable[[], OnText]
    low_priority: bool = False
    tried: int = 0
    paused: list[ModelStep] = field(default_factory=list[ModelStep])
    on_text: OnText | None = None
    escalate: str | None = None
    limit: Limit | None = None
    cause: str = ""
    wait_s: float | None = None

    async def climb_down(self) -> Landed | None:
        """Return the reply of the highest level that works; None if no model does.

        The caller decides about levels 3 and 4: a held turn waits for a model instead,
        and so does one whose model will have room in ``wait_s`` seconds.
        """
        level: Level = 1 if self.progress.tools_spent else 0
        while level == 0 or level == 1 or level == 2:  # noqa: PLR1714 - narrows
            before = level
            landed, level = await self._step(level)
            if landed is not None:
                return landed
            if level != before:
                self.tried, self.paused = 0, []
        self.start_text()  # a draft that broke off is not the reply
        return None

    async def without_model(self) -> Landed:
        """Return the reply of level 3, or 4: never fails."""
        told = self.ledger.of_turn()
        waiting = [approval.tool for approval in self.toolbox.waiting()]
        touched = waiting or any(effect.state != "failed" for effect in told)
        if not touched and self.escalate is None:
            asked, edition = self.transcript.question, self.persona.edition
            found = await self.knowledge.answer(asked, edition)
            if found is not None:
                reply = not_by_a_model(self.persona.contact, found, self._limited)
                text = with_facts(reply.response, statements(told))
                why = None if self.limit is None else self.why
                return Landed(replace(reply, response=text), why, self.limit)
        reply = generic(self.persona.contact, told, self._limited, waiting)
        cause = "no_model" if self.escalate is None else "refused"
        return Landed(reply, self.why, self.limit, cause)

    @property
    def why(self) -> str:
        """Why no model answered, for operators."""
        if self.limit is not None:
            return f"{self.limit.setting} is reached"
        return self.escalate or f"no model answered: {self.cause or 'no time left'}"

    @property
    def _limited(self) -> Scope | None:
        return None if self.limit is None else self.limit.scope

    async def _step(self, level: ModelLevel) -> tuple[Landed | None, Level]:
        """Make one call on a model's level; return a reply or the next level."""
        model = self._model(level)
        if model is None or not self.deadline.allows(self._needs_s(level)):
            return None, 3
        self.limit = self.purse.reached()
        if self.limit is not None:
            return None, 3
        outcome = await self._call(level, model)
        self.tried += 1
        match outcome:
            case Refusal(cause, wait_s, waits):
                self.cause = cause
                self.wait_s = wait_s if waits else None
                return None, 3 if waits else _below(level)
            case ModelStep():
                return await self._responded(level, outcome)
            case ModelFailure():
                self.cause = f"{model}: {outcome.kind}"
                return None, await self._failed(level, outcome)

    def _model(self, level: ModelLevel) -> str | None:
        if level < 2:
            return self.options.model
        return self.options.fallback_model if self.options.fallback_enabled else None

    def _needs_s(self, level: Level) -> float:
        lower = level == 2 or (level == 1 and self.cause != "")
        return self.options.fallback_needs_s if lower else self.options.call_needs_s

    async def _call(self, level: ModelLevel, model: str) -> ModelOutcome | Refusal:
        self.toolbox.grip.ensure()
        tools = [
            {
                "name": spec.name,
                "description": spec.description,
                "input_schema": spec.input_schema,
            }
            for spec in self.toolbox.tools.list()
        ]
        request = ModelRequest(
            model=model,
            system=self.persona.instructions,
            messages=self.transcript.messages(
                self.progress,
                "" if level == 0 else NO_TOOLS,
                [block for part in self.paused for block in part.content],
            ),
            tools=tools,
            use_tools=level == 0,
            max_tokens=self.options.max_tokens,
            timeout_s=self.deadline.attempt_timeout_s(self.options.call_timeout_s),
            first_token_s=self.options.first_token_s,
            idle_s=self.options.idle_s,
        )
        call = ProposedCall(
            self.toolbox.claim.turn.id,
            request,
            self.deadline,
            self._underway,
            again=self.toolbox.claim.turn.attempt > 1,
            low_priority=self.low_priority,
            first=self._is_first,
        )
        if self.on_text is None or not self.paused:
            self.on_text = self.start_text()
        outcome = await self.caller.call(call, self.on_text)
        if not isinstance(outcome, Refusal):
            self.purse.pay(model, outcome)
        return outcome

    @property
    def _underway(self) -> bool:
        turn = self.toolbox.claim.turn
        return turn.first_seq > 1 or bool(self.progress.responses)

    @property
    def _is_first(self) -> bool:
        """Tell whether no model call and no tool, of any attempt, came before."""
        before = self.cause or self.paused or self.progress.steps
        return self.toolbox.claim.turn.attempt == 1 and not before

    async def _responded(
        self, level: ModelLevel, step: ModelStep
    ) -> tuple[Landed | None, Level]:
        if is_paused(step):
            return None, await self._resumed(level, step)
        step, self.paused = joined(self.paused, step), []
        if level == 0 and step.calls:
            self.progress.add(step)
            await self.toolbox.run_open_calls()
            self.tried = 0
            return None, 1 if self.progress.tools_spent else 0
        if step.stop_reason == "refusal":
            self.escalate, self.cause = "the model refused to answer", "refusal"
            return None, 3
        if not step.text:
            failure = ModelFailure("garbled", "a response without text", shown=True)
            return None, await self._failed(level, failure)
        self.progress.add(step)
        return Landed(self._reply(level, step)), level

    async def _resumed(self, level: ModelLevel, step: ModelStep) -> Level:
        """Let the model go on where it paused, which is no retry."""
        self.paused.append(step)
        self.tried = 0
        if len(self.paused) <= MAX_PAUSES:
            return level
        failure = ModelFailure("incomplete", "it paused too often", shown=True)
        return await self._failed(level, failure)

    def _reply(self, level: ModelLevel, step: ModelStep) -> Reply:
        # On level 0 the model has read each result; a doubt is not left to its words,
        # nor is anything to words that were cut off.
        has_said_all = level == 0 and step.stop_reason != "max_tokens"
        facts = (doubts if has_said_all else statements)(self.ledger.of_turn())
        return Reply(with_facts(step.text, facts), step.model, level == 0, level)

    async def _failed(self, level: ModelLevel, failure: ModelFailure) -> Level:
        if failure.kind == "invalid" and self.transcript.drop_thoughts(self.progress):
            return level
        fallback = self.options.fallback_enabled
        match decide(level, failure, self.tried, fallback=fallback):
            case Retry(after_s):
                again = await self.retrying.again(
                    failure.kind, self.options.fallback_needs_s, after_s
                )
                return level if again else _below(level)
            case Again():
                return level
            case Compact():
                return level if self.transcript.compact() else 3
            case Descend(to, escalate):
                if escalate:
                    self.escalate = f"the model API refused the call: {failure.kind}"
                return to


def _below(level: ModelLevel) -> Level:
    return 3 if level == 2 else 2
