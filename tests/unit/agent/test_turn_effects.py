"""Effects in whole turns: done once, told, and never hidden."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.turn_script import Script, say, tool, use

from mainstay.domain.model_call import ModelFailure
from mainstay.domain.step import IntentStep, ToolCall, Usage
from mainstay.ports.journal import Entry
from mainstay.ports.knowledge import Article
from mainstay.ports.tools import ToolDoubt
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World


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


async def test_a_call_in_doubt_is_not_sent_again_by_a_later_turn(
    tmp_path: Path,
) -> None:
    """The same call waits for a human, whatever the model asks; another does not."""
    tools = ScriptedTools(tool("pay", ToolDoubt("timeout"), once="unsafe"))
    model = Script(
        *(use("pay", n=1), say("A colleague checks it.")),
        *(use("pay", "toolu_2", n=1), use("pay", "toolu_3", n=2), say("One of two.")),
    )
    async with World(tmp_path, model, tools).living() as world:
        conversation = await world.open()
        assert await world.reply(await world.say(conversation.id, "Pay")) is not None
        again = await world.say(conversation.id, "Pay that, and the other")
        assert await world.reply(again) is not None
        assert [call.args for call in tools.seen] == [{"n": 1}, {"n": 2}]
        asked = str(model.requests[2].messages)
        assert "do not do it again: pay with {'n': 1}" in asked


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


async def test_a_request_that_waits_is_told_on_level_4(tmp_path: Path) -> None:
    """No article stands for it: the customer hears that a colleague decides."""
    article = Article("pay.md", "Paying a bill", "You can pay a bill by card.")
    tools = ScriptedTools(tool("pay", approve_if=lambda args: True))
    model = Script(use("pay", n=1), ModelFailure("overloaded", ""))
    world = World(tmp_path, model, tools, articles=[article])
    async with world.living():
        accepted = await world.say((await world.open()).id, "Pay the bill")
        reply = await world.reply(accepted)
        assert reply is not None
        assert reply.fallback_level == 4
        told = "Your request (pay) waits for a colleague to decide about it."
        assert told in reply.response
        assert len(await world.store.desk.approvals()) == 1


async def test_a_call_that_was_not_made_tells_nothing_of_its_tool(
    tmp_path: Path,
) -> None:
    """Calls of dead workers, in doubt and left alone, do not open the breaker."""
    tools = ScriptedTools(tool("pay", once="unsafe"))
    lost = [say("A colleague checks it.")] * 6
    model = Script(*lost, use("pay", "toolu_9"), say("Paid 5 EUR for bill 77."))
    async with World(tmp_path, model, tools).living(working=False) as world:
        for _ in range(6):
            id_ = (await world.open()).id
            accepted = await world.say(id_, "Pay")
            [claim] = await world.store.leases.claim([id_], "dead")
            call = ToolCall("toolu_1", "pay", {})
            effect = _intended(claim.turn.id, f"{claim.turn.id}:toolu_1")
            step = IntentStep(call, effect.key)
            entry = Entry([use("pay"), step], intended=[effect])
            await world.store.journal.append(claim, entry)
            await world.store.leases.bury("dead")
            await world.start_worker()
            assert await world.reply(accepted) is not None
        assert tools.seen == []
        accepted = await world.say((await world.open()).id, "Pay bill 77")
        assert await world.reply(accepted) is not None
        assert len(tools.seen) == 1


def _intended(turn_id: str, key: str) -> Any:
    from mainstay.domain.effect import Effect

    return Effect(key, "pay", {}, "intended", None, "", turn_id)


def _context(turn_id: str, key: str) -> Any:
    from mainstay.ports.tools import ToolContext

    return ToolContext("demo", "conv", turn_id, key)


async def _until_messages(world: World, conversation_id: str, count: int) -> None:
    listener = world.feed.listen(conversation_id)
    while len(await world.store.conversations.messages(conversation_id, 0, 10)) < count:
        assert await listener.wait(10), "no further message"
    listener.close()
