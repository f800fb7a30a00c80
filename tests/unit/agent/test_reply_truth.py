"""What the customer is told, on each level, about an effect in each state.

The model lies on purpose: it denies what was done, and claims what was not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.attempts import (
    answered,
    attempt,
    claimed,
    claimed_again,
    failure,
    held,
)
from tests.unit.agent.turn_script import PAID, Script, say, tool, use

from mainstay.agent.turn import PutOff
from mainstay.domain.effect import Effect, EffectState
from mainstay.domain.step import IntentStep, ToolCall
from mainstay.ports.journal import Entry
from mainstay.ports.knowledge import Article
from mainstay.ports.tools import ToolDoubt, ToolRefused
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World

ASKED = "How do I pay a bill?"
ARTICLE = Article("pay.md", "Pay a bill", "How to pay a bill: by card.")
DONE = "5 EUR have been paid for bill 77."
NOT_DONE = "This was not carried out: pay."
IN_DOUBT = "This could not be confirmed yet, and a colleague checks it: pay."
FACTS: Mapping[EffectState, str] = {
    "committed": DONE,
    "failed": NOT_DONE,
    "intended": IN_DOUBT,
    "unknown": IN_DOUBT,
}
LIES: Mapping[EffectState, str] = {
    "committed": "I could not pay 5 EUR for bill 77.",
    "failed": "I have paid 5 EUR for bill 77.",
    "intended": "I have paid 5 EUR for bill 77.",
    "unknown": "I have paid 5 EUR for bill 77.",
}
ANSWERS: Mapping[EffectState, Any] = {
    "committed": PAID,
    "failed": ToolRefused("Bill 77 is closed."),
    "unknown": ToolDoubt("timeout"),
}
FAILURES = {0: [], 1: ["slow"], 2: ["overloaded"], 3: ["overloaded"] * 3}
LEFT_TO_THE_MODEL = {(0, "committed"), (0, "failed")}
STATES: tuple[EffectState, ...] = ("intended", "committed", "failed", "unknown")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("level", range(5))
async def test_a_reply_is_true_to_the_ledger(
    tmp_path: Path, level: int, state: EffectState
) -> None:
    """The fact stands in the reply, no other does, and level 3 knows of no effect."""
    failures = FAILURES.get(level, FAILURES[3])
    outcomes = [*map(failure, failures), say(LIES[state])]
    tools = ScriptedTools(tool("pay", ANSWERS.get(state), once="unsafe"))
    model = Script(*([] if state == "intended" else [use("pay")]), *outcomes)
    world = World(
        tmp_path,
        model,
        tools,
        random=ScriptedRandom(0),
        articles=[ARTICLE] if level == 3 else [],
        watched=False,
    )
    async with world.living(working=False):
        claim = await claimed(world, ASKED)
        if state == "intended":
            await world.store.journal.append(claim, Entry(intended=[sent(claim)]))
            claim = await claimed_again(world, claim)
        reply = await answered(world, claim)
        view = await world.store.conversations.turn(claim.turn.id)
        escalated = await world.store.desk.escalations()
    assert view is not None
    assert [effect.state for effect in view.effects] == [state]
    off = level == 3 and state != "failed"
    assert reply.fallback_level == (4 if off else level)
    told = {fact for fact in FACTS.values() if fact in reply.response}
    assert told == (set() if (level, state) in LEFT_TO_THE_MODEL else {FACTS[state]})
    # A fact comes last: whatever the model said, this corrects it.
    if level in (1, 2):
        assert reply.response == f"{LIES[state]}\n\n{FACTS[state]}"
    # A doubt where it is written; an open one, and level 4, at the end.
    at_the_end = reply.fallback_level == 4 or state == "intended"
    assert len(escalated) == at_the_end + (state == "unknown")


@pytest.mark.parametrize("state", ["committed", "failed"])
async def test_on_level_0_the_model_reads_what_it_is_left_to_tell(
    tmp_path: Path, state: EffectState
) -> None:
    """What no sentence of ours adds, the model has read as the tool's own result."""
    model = Script(use("pay"), say("So it is."))
    tools = ScriptedTools(tool("pay", ANSWERS[state], once="unsafe"))
    async with World(tmp_path, model, tools, watched=False).living(
        working=False
    ) as world:
        await attempt(world, await claimed(world, ASKED))
    [result] = model.requests[-1].messages[-1]["content"]
    assert result.get("is_error", False) is (state == "failed")
    read = {"committed": '{"paid": 5}', "failed": "Bill 77 is closed."}
    assert result["content"] == read[state]


@pytest.mark.parametrize("level", [1, 2])
async def test_below_level_0_the_model_is_told_to_claim_nothing(
    tmp_path: Path, level: int
) -> None:
    """The request itself forbids to promise or claim what no tool result shows."""
    model = Script(*map(failure, FAILURES[level]), say("Hello."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        await attempt(world, await claimed(world, ASKED))
    asked = model.requests[-1]
    assert asked.use_tools is False
    assert "do not say that you did, or will do" in str(asked.messages[-1])


async def test_what_was_done_at_last_is_not_said_to_have_failed(
    tmp_path: Path,
) -> None:
    """A refused call that was made again with success is told as done, alone."""
    answers = iter([ToolRefused("Which bill?"), PAID])
    pay = tool("pay")
    made = ScriptedTools(
        type(pay)(spec=pay.spec, answer=lambda args, context: next(answers))
    )
    model = Script(use("pay", "a"), use("pay", "b", n=77), failure("slow"), say("Ok."))
    async with World(tmp_path, model, made, watched=False).living(
        working=False
    ) as world:
        reply = await answered(world, await claimed(world, ASKED))
    assert reply.response == f"Ok.\n\n{DONE}"


@pytest.mark.parametrize(
    "end", ["held_at_ms = held_at_ms - 3600001", "strikes = 9"], ids=["hour", "crashes"]
)
async def test_what_was_done_after_the_holding_reply_is_told_at_the_end(
    tmp_path: Path, end: str
) -> None:
    """No model came, or every attempt crashed: a human goes on, and says so."""
    model = Script(use("pay"), failure("overloaded"))
    world = World(
        tmp_path,
        model,
        ScriptedTools(tool("pay")),
        random=ScriptedRandom(0),
        watched=False,
    )
    async with world.living(working=False):
        claim = await claimed(world, ASKED)
        await held(world, claim)
        assert isinstance(
            await attempt(world, await claimed_again(world, claim)), PutOff
        )
        for change in (f"turns SET {end}", "conversations SET ready_at_ms = 0"):
            await world.store.writer.run(
                lambda unit, change=change: unit.row(
                    f"UPDATE {change} RETURNING id", {}
                )
            )
        [claim] = await world.store.leases.claim([claim.turn.conversation_id], "last")
        await answered(world, claim)
        said = await world.store.conversations.messages(
            claim.turn.conversation_id, 0, 9
        )
        view = await world.store.conversations.turn(claim.turn.id)
    assert DONE in said[-1].text
    assert view is not None
    assert view.state == "handed_off"


def sent(claim: Any) -> Effect:
    """Return an effect of the turn that a worker sent before it died."""
    key = f"{claim.turn.id}:toolu_1"
    step = IntentStep(ToolCall("toolu_1", "pay", {}), key)
    return Effect(step.key, "pay", {}, "intended", None, "", claim.turn.id)
