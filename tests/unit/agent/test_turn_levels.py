"""Levels in whole turns: which reply, by which model, and what comes after."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.turn_script import Script, lookup, say, use

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import ModelStep
from mainstay.domain.turn import MAX_STRIKES
from mainstay.ports.journal import Ending
from mainstay.ports.knowledge import Article
from mainstay.ports.tools import ToolDone, ToolRefused
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.grip import Held


async def test_level_3_answers_from_an_article_when_nothing_was_done(
    tmp_path: Path,
) -> None:
    """No model, no effect: a fitting article answers; an unfitting question gets 4."""
    article = Article("pay.md", "Paying a bill", "You can pay a bill by card.")
    model = Script(ModelFailure("overloaded", ""))
    async with World(
        tmp_path, model, ScriptedTools(), articles=[article]
    ).living() as world:
        reply = await world.reply(
            await world.say((await world.open()).id, "How to pay a bill?")
        )
        assert reply is not None
        assert (reply.fallback_level, reply.model) == (3, "cache")
        assert "by card" in reply.response
        other = await world.reply(
            await world.say((await world.open()).id, "My cat is sad")
        )
        assert other is not None
        assert (other.fallback_level, other.model) == (4, "none")
        assert len(await world.store.desk.escalations()) == 1


async def test_an_earlier_answer_needs_three_askers(tmp_path: Path) -> None:
    """What two customers were told is not reused; what three were told is."""
    answers = [say("We close at six.")] * 3
    model = Script(*answers, ModelFailure("overloaded", ""))
    async with World(tmp_path, model, ScriptedTools()).living() as world:
        for n in range(2):
            talk = await world.open(f"customer-{n}")
            assert await world.reply(
                await world.say(talk.id, "When do you close today?")
            )
        assert (
            await world.store.knowledge.answer("When do you close today?", "") is None
        )
        talk = await world.open("customer-2")
        assert await world.reply(await world.say(talk.id, "when do you close TODAY"))
        fourth = await world.open("customer-3")
        reply = await world.reply(
            await world.say(fourth.id, "When do you close today?")
        )
        assert reply is not None
        assert (reply.model, reply.fallback_level) == ("cache", 3)
        assert "We close at six." in reply.response


async def test_two_failures_of_tools_turn_them_off(tmp_path: Path) -> None:
    """After two failed calls the reply comes from level 1 with tool_choice none."""
    broken = lookup("look", ToolRefused("broken", fault=True))
    model = Script(use("look", "a"), use("look", "b"), say("I cannot look it up."))
    async with World(tmp_path, model, ScriptedTools(broken)).living() as world:
        reply = await world.reply(await world.say((await world.open()).id, "Look"))
        assert reply is not None
        assert reply.fallback_level == 1
        assert [r.use_tools for r in model.requests] == [True, True, False]
        assert all(r.tools for r in model.requests)


async def test_the_third_tool_round_is_the_last(tmp_path: Path) -> None:
    """A model that never stops calling tools answers without them after three."""
    model = Script(*(use("look", f"t{n}") for n in range(3)), say("Enough."))
    looks = ScriptedTools(lookup("look", ToolDone({"ok": True})))
    async with World(tmp_path, model, looks).living() as world:
        reply = await world.reply(await world.say((await world.open()).id, "Look"))
        assert reply is not None
        assert reply.fallback_level == 1
        assert len(looks.seen) == 3


async def test_a_prompt_that_is_too_long_is_compacted(tmp_path: Path) -> None:
    """Too long is answered by sending less, on the same level."""
    model = Script(ModelFailure("too_long", ""), say("Here."))
    async with World(tmp_path, model, ScriptedTools()).living() as world:
        reply = await world.reply(
            await world.say((await world.open()).id, "Hello there")
        )
        assert reply is not None
        assert reply.fallback_level == 0


async def test_a_refusal_goes_to_a_human(tmp_path: Path) -> None:
    """A model that refuses is not asked again; a human is told."""
    model = Script(ModelStep("primary", [], "refusal"))
    async with World(tmp_path, model, ScriptedTools()).living() as world:
        reply = await world.reply(
            await world.say((await world.open()).id, "Hello there")
        )
        assert reply is not None
        assert reply.fallback_level == 4
        assert len(model.requests) == 1
        [escalation] = await world.store.desk.escalations()
        assert escalation.cause == "the model refused to answer"


async def test_a_customer_who_asks_for_a_person_gets_one_without_a_model(
    tmp_path: Path,
) -> None:
    """With every model down a plain request still hands the conversation over."""
    model = Script(ModelFailure("overloaded", ""))
    async with World(tmp_path, model, ScriptedTools()).living() as world:
        talk = await world.open()
        accepted = await world.say(talk.id, "Let me talk to a person")
        reply = await world.reply(accepted)
        assert reply is not None
        assert reply.fallback_level == 4
        now = await world.store.conversations.get(talk.id)
        assert now is not None
        assert now.owner == "human"
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert view.state == "handed_off"


async def test_a_turn_that_keeps_crashing_dies_and_later_turns_go_on(
    tmp_path: Path,
) -> None:
    """A poisoned turn gets its level 4 reply in the commit that buries it."""

    def crash(request: ModelRequest) -> ModelOutcome:
        if "poison" in str(request.messages[-1]):
            raise RuntimeError("poisoned")
        return say("Fine.")

    async with World(tmp_path, Script(crash), ScriptedTools()).living(
        working=False
    ) as world:
        talk, other = await world.open(), await world.open()
        accepted = await world.say(talk.id, "poison")
        for _ in range(MAX_STRIKES):
            await world.store.leases.claim([talk.id], "dead")
            await world.store.leases.bury("dead")
        await world.start_worker()
        reply = await world.reply(accepted)
        assert reply is not None
        assert reply.fallback_level == 4
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert view.state == "dead"
        assert [d.turn_id for d in await world.store.desk.dead()] == [accepted.turn_id]
        after = await world.reply(await world.say(other.id, "Hello"))
        assert after is not None
        assert after.response == "Fine."


async def test_a_held_turn_waits_for_a_model_and_never_repeats_level_4(
    tmp_path: Path,
) -> None:
    """After the holding reply only levels 0 to 2 follow; else the turn is put off."""
    model = Script(ModelFailure("overloaded", ""))
    async with World(tmp_path, model, ScriptedTools()).living(working=False) as world:
        talk = await world.open()
        accepted = await world.say(talk.id, "Hello")
        [claim] = await world.store.leases.claim([talk.id], world.owner)
        assert await world.store.watch.hold(claim.turn, _level_4()) is False
        ending = Ending(_level_4(), "answered")
        held = await _held(world, claim)
        with pytest.raises(Exception, match="held meanwhile"):
            await world.store.journal.finish(held, ending)
        runner = world.runner()
        [again] = await _reclaim(world, held)
        outcome = await runner.run(again, Held(again, world.clock))
        assert type(outcome).__name__ == "PutOff"
        said = await world.store.conversations.messages(talk.id, 0, 10)
        assert [m.role for m in said] == ["customer", "agent"]
        assert accepted.turn_id == again.turn.id


def _level_4() -> Any:
    from mainstay.agent.wording import generic

    return generic("help@x.example", [])


async def _held(world: World, claim: Any) -> Any:
    """Hold a turn as if its time were over; return the same claim."""
    await world.store.writer.run(
        lambda unit: unit.row("UPDATE turns SET answer_by_ms = 0 RETURNING id", {})
    )
    assert await world.store.watch.hold(claim.turn, _level_4()) is True
    assert await world.store.watch.hold(claim.turn, _level_4()) is False
    return claim


async def _reclaim(world: World, claim: Any) -> Any:
    await world.store.journal.postpone(claim, 0.0, orderly=True)
    return await world.store.leases.claim([claim.turn.conversation_id], world.owner)


async def test_a_replaced_key_costs_nothing(tmp_path: Path) -> None:
    """A call whose key was replaced is made again on level 0, free of the budget."""
    rotated = [ModelFailure("rotated", "", status=401)] * 5
    model = Script(*rotated, say("Good morning."))
    async with World(tmp_path, model, ScriptedTools()).living() as world:
        reply = await world.reply(await world.say((await world.open()).id, "Hello"))
        assert reply is not None
        assert (reply.fallback_level, reply.response) == (0, "Good morning.")
        assert len(model.requests) == 6
        assert await world.store.desk.escalations() == []
