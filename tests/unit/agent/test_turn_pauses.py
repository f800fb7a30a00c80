"""A model that pauses goes on: one response in parts, sent back as they came."""

from pathlib import Path
from typing import Any

from tests.unit.agent.attempts import answered, claimed, failure, journaled
from tests.unit.agent.turn_script import Script, say, tool, use

from mainstay.agent.paused import MAX_PAUSES
from mainstay.domain.step import ModelStep, Usage
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World


def pauses(text: str) -> ModelStep:
    """Return a response that is paused after these words."""
    block = {"type": "text", "text": text}
    return ModelStep("primary", [block], "pause_turn", Usage(1, 1))


def said_last(request: Any) -> str:
    """Return what the model is shown as its own last words; "" for somebody else's."""
    last = request.messages[-1]
    if last["role"] != "assistant":
        return ""
    return "".join(block["text"] for block in last["content"])


async def test_the_parts_are_one_reply(tmp_path: Path) -> None:
    """Words, tokens and journal hold one response; no retry was spent on it."""
    model = Script(pauses("Let me "), pauses("think: "), say("it is blue."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        claim = await claimed(world)
        reply = await answered(world, claim)
        view = await world.store.conversations.turn(claim.turn.id)
        assert (reply.response, reply.fallback_level) == (
            "Let me think: it is blue.",
            0,
        )
        assert [said_last(asked) for asked in model.requests] == [
            "",
            "Let me ",
            "Let me think: ",
        ]
        assert view is not None
        assert view.usage == Usage(3, 3)
        assert len(view.steps) == 1
        assert await journaled(world, claim) == []


async def test_a_call_after_a_pause_keeps_what_was_said_before(tmp_path: Path) -> None:
    """The history that goes back has the words, then the call, then its result."""
    model = Script(pauses("One moment. "), use("pay"), say("Paid."))
    tools = ScriptedTools(tool("pay"))
    async with World(tmp_path, model, tools, watched=False).living(
        working=False
    ) as world:
        await answered(world, await claimed(world))
    assert len(tools.work) == 1
    mine, result = model.requests[-1].messages[-2:]
    assert [block["type"] for block in mine["content"]] == ["text", "tool_use"]
    assert result["content"][0]["type"] == "tool_result"


async def test_a_failure_after_a_pause_is_the_level_s_first(tmp_path: Path) -> None:
    """The part is sent again with the retry; another model never reads it."""
    model = Script(pauses("Well, "), *[failure("server")] * 2, say("Hello."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        reply = await answered(world, await claimed(world))
    assert (reply.response, reply.fallback_level) == ("Hello.", 2)
    said = [said_last(asked) for asked in model.requests]
    assert said == ["", "Well, ", "Well, ", ""]


async def test_pauses_have_an_end(tmp_path: Path) -> None:
    """A model that only pauses is left after a few for the other one."""
    parts = [pauses("and ")] * (MAX_PAUSES + 1)
    model = Script(*parts, say("Hello."))
    async with World(tmp_path, model, ScriptedTools(), watched=False).living(
        working=False
    ) as world:
        reply = await answered(world, await claimed(world))
    assert reply.fallback_level == 2
    assert len(model.requests) == MAX_PAUSES + 2
