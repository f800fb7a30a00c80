"""Broken builds of a turn: its effects, its retries, its words."""

from dataclasses import replace
from typing import Any

import pytest

from mainstay.agent import effects, retrying, reuse, turn, wording
from mainstay.agent.effects import EffectRunner
from mainstay.agent.transcript import Transcript
from mainstay.domain.own_texts import OwnTexts
from mainstay.domain.step import ToolCall
from mainstay.ports.journal import EffectChange
from mainstay.ports.tools import ToolDoubt, ToolOutcome, ToolSpec
from mainstay.stores.sqlite import kept, knowledge
from mainstay.tools.functions import FunctionTools


def writes_the_intent_after_the_call(patch: pytest.MonkeyPatch) -> None:
    """A worker that dies in between leaves no trace: the intent comes first.

    But for what is unique: there the intent also keeps a second one away.
    """
    run = EffectRunner.run

    async def late(
        self: EffectRunner, call: ToolCall, spec: ToolSpec, key: str, deadline: Any
    ) -> ToolOutcome:
        unique = self.tools.unique_key(call.name, call.args, self.customer_id)
        if self.ledger.get(key) is not None or unique is not None:
            return await run(self, call, spec, key, deadline)
        outcome = await self._send(call, spec, key, deadline)
        await self._intend(call, key)
        self.ledger.settle(effects._change(key, outcome))  # noqa: SLF001 - what is broken
        return outcome

    patch.setattr(EffectRunner, "run", late)


def retries_under_another_key(patch: pytest.MonkeyPatch) -> None:
    """The second try of a keyed call is a new one to the other side: one key a call."""

    async def send(
        self: EffectRunner, call: ToolCall, spec: ToolSpec, key: str, deadline: Any
    ) -> ToolOutcome:
        outcome = await self._sent(call, spec, key, deadline)
        if not isinstance(outcome, ToolDoubt) or spec.once != "keyed":
            return outcome
        if not await self.retrying.again("tool", effects.AGAIN_NEEDS_S):
            return outcome
        return await self._sent(call, spec, f"{key}:2", deadline)

    patch.setattr(EffectRunner, "_send", send)


def sends_an_unsafe_call_again(patch: pytest.MonkeyPatch) -> None:
    """On resume every call is sent anew: one that is not safe to repeat never is."""

    async def resolve(
        self: EffectRunner, call: ToolCall, spec: ToolSpec, key: str
    ) -> ToolOutcome:
        return await self._send(call, spec, key, None)

    patch.setattr(EffectRunner, "_resolve", resolve)


def takes_a_doubt_for_a_failure(patch: pytest.MonkeyPatch) -> None:
    """A call without an answer counts as not done: nobody can know that."""
    change = effects._change  # noqa: SLF001 - what is broken

    def sure(key: str, outcome: ToolOutcome) -> EffectChange:
        told = change(key, outcome)
        return replace(told, state="failed") if isinstance(outcome, ToolDoubt) else told

    patch.setattr(effects, "_change", sure)


def forgets_what_is_unique(patch: pytest.MonkeyPatch) -> None:
    """Two conversations refund one order: an effect that is unique happens once."""
    patch.setattr(FunctionTools, "unique_key", lambda *args: None)


def forgets_its_retries(patch: pytest.MonkeyPatch) -> None:
    """Each attempt may retry anew: a turn has three retries over all of them."""

    async def nothing() -> None:
        pass

    again = retrying.Retrying.again

    async def unsaved(self: retrying.Retrying, *args: Any) -> bool:
        progress = replace(self.progress, steps=[], unsaved=[])
        return await again(replace(self, progress=progress, save=nothing), *args)

    patch.setattr(retrying.Retrying, "again", unsaved)


def starts_its_time_anew(patch: pytest.MonkeyPatch) -> None:
    """Each attempt has its whole time again: the deadline is the message's."""

    def deadline(of: Any, started_ms: int, clock: Any) -> turn.Deadline:
        return turn.Deadline(started_ms + turn.LADDER_MS, clock)

    patch.setattr(turn, "_deadline", deadline)


def is_silent_about_what_it_did(patch: pytest.MonkeyPatch) -> None:
    """A reply without a model leaves out what was done: it says each of it."""
    patch.setattr(wording, "statements", lambda effects: [])


def gives_personal_answers_to_others(patch: pytest.MonkeyPatch) -> None:
    """Level 3 without its filters: no answer of one customer's is another's."""
    patch.setattr(reuse, "is_shareable", lambda text: True)
    patch.setattr(Transcript, "is_first", True)
    patch.setattr(OwnTexts, "bear_out", lambda *args: True)
    patch.setattr(kept, "ASKERS", 1)
    patch.setattr(knowledge, "ASKERS", 1)
