"""Whole turns on a real store, with a model and tools that do as they are told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mainstay.domain.model_call import ModelFailure, ModelOutcome, ModelRequest
from mainstay.domain.step import IntentStep, ModelStep, ToolCall, Usage
from mainstay.domain.turn import MAX_STRIKES
from mainstay.ports.journal import Ending, Entry
from mainstay.ports.knowledge import Article
from mainstay.ports.tools import ToolDone, ToolDoubt, ToolRefused, ToolSpec
from mainstay.testing.scripted_tools import ScriptedTool, ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.grip import Held

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": []}
PAID = ToolDone({"paid": 5}, "5 EUR have been paid for bill 77.")


class Script:
    """A model that gives the next outcome each time; the last one stays."""

    def __init__(
        self, *outcomes: ModelOutcome | Callable[[ModelRequest], ModelOutcome]
    ) -> None:
        self._outcomes = list(outcomes)
        self.requests: list[ModelRequest] = []

    async def call(self, request: ModelRequest, on_text: Any) -> ModelOutcome:
        """Return what comes next."""
        self.requests.append(request)
        more = len(self._outcomes) > 1
        outcome = self._outcomes.pop(0) if more else self._outcomes[0]
        return outcome(request) if callable(outcome) else outcome

    async def close(self) -> None:
        """Hold nothing."""


def say(text: str) -> ModelStep:
    """Return a response in words."""
    return ModelStep(
        "primary", [{"type": "text", "text": text}], "end_turn", Usage(1, 1)
    )


def use(name: str, id_: str = "toolu_1", **args: Any) -> ModelStep:
    """Return a response that calls a tool."""
    block = {"type": "tool_use", "id": id_, "name": name, "input": args}
    return ModelStep("primary", [block], "tool_use", Usage(1, 1))


def tool(
    name: str, answer: Any = PAID, *, once: Any = "keyed", **more: Any
) -> ScriptedTool:
    """Return an effect tool."""
    spec = ToolSpec(name, "Does it.", SCHEMA, effect=True, once=once)
    return ScriptedTool(spec=spec, answer=lambda args, context: answer, **more)


def lookup(name: str, answer: Any) -> ScriptedTool:
    """Return a lookup."""
    spec = ToolSpec(name, "Looks.", SCHEMA, effect=False, once="unsafe")
    return ScriptedTool(spec=spec, answer=lambda args, context: answer)


async def test_a_kept_promise_is_one_call(tmp_path: Path) -> None:
    """An effect is intended, called once, committed, and told."""
    tools = ScriptedTools(tool("pay"))
    model = Script(use("pay"), say("Paid 5 EUR."))
    async with World(tmp_path, model, tools).living() as world:
        accepted = await world.say((await world.open()).id, "Pay my bill")
        reply = await world.reply(accepted)
        assert reply is not None
        assert (reply.response, reply.fallback_level) == ("Paid 5 EUR.", 0)
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert [s["kind"] for s in view.steps] == ["model", "intent", "result", "model"]
        assert [e.state for e in view.effects] == ["committed"]
        assert view.usage == Usage(2, 2)
        assert len(tools.work) == 1


@pytest.mark.parametrize(
    ("once", "state", "sent"),
    [
        ("keyed", "committed", 1),
        ("queryable", "committed", 0),
        ("unsafe", "unknown", 0),
    ],
)
async def test_a_call_in_doubt_is_settled_as_its_tool_declares(
    tmp_path: Path, once: Any, state: str, sent: int
) -> None:
    """After a crash: keyed is sent again, queryable asked, unsafe left alone."""
    tools = ScriptedTools(tool("pay", once=once))
    model = Script(say("Paid 5 EUR for bill 77."))
    async with World(tmp_path, model, tools).living(working=False) as world:
        conversation = await world.open()
        accepted = await world.say(conversation.id, "Pay")
        [claim] = await world.store.leases.claim([conversation.id], "dead")
        call = ToolCall("toolu_1", "pay", {})
        key = f"{claim.turn.id}:toolu_1"
        effect = _intended(claim.turn.id, key)
        entry = Entry([use("pay"), IntentStep(call, key)], intended=[effect])
        await world.store.journal.append(claim, entry)
        if once == "queryable":
            await tools.call("pay", {}, _context(claim.turn.id, key))
        before = len(tools.seen)
        await world.store.leases.bury("dead")
        await world.start_worker()
        assert await world.reply(accepted) is not None
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert [e.state for e in view.effects] == [state]
        assert len(tools.seen) - before == sent
        escalated = [e.cause for e in await world.store.desk.escalations()]
        assert escalated == (["an effect is in doubt"] if state == "unknown" else [])


async def test_a_lost_answer_of_a_keyed_call_is_asked_again(tmp_path: Path) -> None:
    """A time-out of a keyed effect is sent again under the same key: done once."""
    tools = ScriptedTools(tool("pay", lost_answers=1))
    async with World(
        tmp_path, Script(use("pay"), say("Paid 5 EUR.")), tools
    ).living() as world:
        accepted = await world.say((await world.open()).id, "Pay")
        assert await world.reply(accepted) is not None
        assert len(tools.seen) == 2
        assert len(tools.work) == 1


async def test_an_unsafe_doubt_is_told_and_escalated(tmp_path: Path) -> None:
    """An unsafe effect without an answer is unknown: not repeated, a human looks."""
    tools = ScriptedTools(tool("pay", ToolDoubt("timeout"), once="unsafe"))
    model = Script(use("pay"), ModelFailure("overloaded", ""))
    async with World(tmp_path, model, tools).living() as world:
        accepted = await world.say((await world.open()).id, "Pay")
        reply = await world.reply(accepted)
        assert reply is not None
        assert reply.fallback_level == 4
        assert "could not be confirmed" in reply.response
        assert len(tools.seen) == 1


async def test_a_unique_effect_happens_once_over_turns(tmp_path: Path) -> None:
    """The second turn's same effect is refused by the ledger, not by the tool."""
    tools = ScriptedTools(tool("pay", unique=("n",)))
    model = Script(
        use("pay", n=1), say("Paid."), use("pay", "toolu_2", n=1), say("It was paid.")
    )
    async with World(tmp_path, model, tools).living() as world:
        conversation = await world.open()
        assert await world.reply(await world.say(conversation.id, "Pay")) is not None
        again = await world.reply(await world.say(conversation.id, "Pay again"))
        assert again is not None
        assert len(tools.seen) == 1
        result = model.requests[-1].messages[-1]["content"][0]
        assert result["is_error"] is True


async def test_lower_levels_name_what_was_done(tmp_path: Path) -> None:
    """After a committed effect every lower level tells it, and level 3 is off."""
    article = Article("pay.md", "Pay a bill", "How to pay a bill.")
    for failures, level in (
        (["slow"], 1),
        (["overloaded"], 2),
        (["overloaded"] * 2, 4),
    ):
        tools = ScriptedTools(tool("pay"))
        outcomes = [use("pay"), *(ModelFailure(k, "") for k in failures)]
        last = [] if level == 4 else [say("Anything else?")]
        folder = tmp_path / str(level)
        world = World(folder, Script(*outcomes, *last), tools, articles=[article])
        async with world.living():
            accepted = await world.say((await world.open()).id, "Pay a bill")
            reply = await world.reply(accepted)
            assert reply is not None
            assert reply.fallback_level == level
            assert "5 EUR have been paid for bill 77" in reply.response
            assert reply.tools_enabled is False


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
        assert await world.store.knowledge.answer("When do you close today?") is None
        talk = await world.open("customer-2")
        assert await world.reply(await world.say(talk.id, "when do you close TODAY"))
        fourth = await world.open("customer-3")
        reply = await world.reply(
            await world.say(fourth.id, "When do you close today?")
        )
        assert reply is not None
        assert (reply.response, reply.fallback_level) == ("We close at six.", 3)


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
        assert [d["turn_id"] for d in await world.store.desk.dead()] == [
            accepted.turn_id
        ]
        after = await world.reply(await world.say(other.id, "Hello"))
        assert after is not None
        assert after.response == "Fine."


async def test_an_approval_waits_and_is_carried_out_once(tmp_path: Path) -> None:
    """The call waits for a human; the decision opens a turn that makes it."""
    tools = ScriptedTools(tool("pay", approve_if=lambda args: True))
    model = Script(
        use("pay", n=1), say("I have asked a colleague."), say("It is paid: 5.")
    )
    async with World(tmp_path, model, tools).living() as world:
        talk = await world.open()
        accepted = await world.say(talk.id, "Pay")
        assert await world.reply(accepted) is not None
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert view.state == "waiting_approval"
        assert tools.seen == []
        [approval] = await world.store.desk.approvals()
        assert (approval.tool, approval.args) == ("pay", {"n": 1})
        await world.store.desk.decide(approval.id, "olga", "approve")
        await _until_messages(world, talk.id, 3)
        said = await world.store.conversations.messages(talk.id, 0, 10)
        assert said[-1].text == "It is paid: 5."
        assert [seen.context.idempotency_key for seen in tools.seen] == [approval.key]
        asked = await world.store.conversations.turn(accepted.turn_id)
        assert asked is not None
        assert asked.state == "answered"


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


def _intended(turn_id: str, key: str) -> Any:
    from mainstay.domain.effect import Effect

    return Effect(key, "pay", {}, "intended", None, "", turn_id)


def _context(turn_id: str, key: str) -> Any:
    from mainstay.ports.tools import ToolContext

    return ToolContext("demo", "conv", turn_id, key)


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


async def _until_messages(world: World, conversation_id: str, count: int) -> None:
    listener = world.feed.listen(conversation_id)
    while len(await world.store.conversations.messages(conversation_id, 0, 10)) < count:
        assert await listener.wait(10), "no further message"
    listener.close()
