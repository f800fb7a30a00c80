"""Which replies of whole turns are kept for others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.turn_script import Script, lookup, say, use

from mainstay.agent.turn import TurnRunner
from mainstay.agent.wording import generic
from mainstay.domain.own_texts import OwnTexts
from mainstay.ports.inbox import NewConversation
from mainstay.ports.tools import ToolDone
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import World
from mainstay.worker.grip import Held

ASKED = "How do I return wet shoes?"


async def kept(world: World) -> list[str]:
    """Return the texts that are kept."""
    return [answer.text for answer in await world.store.answers.list()]


async def run(world: World, conversation_id: str, runner: TurnRunner) -> None:
    """Run the conversation's next turn."""
    (claim,) = await world.store.leases.claim([conversation_id], world.owner)
    await runner.run(claim, Held(claim, world.clock))


@pytest.mark.parametrize(
    ("answer", "metadata"),
    [
        (say("By post."), {}),
        (replace(say("By"), stop_reason="max_tokens"), {}),
        (say("By post, order 1042."), {}),
        (say("By post."), {"plan": "gold"}),
    ],
    ids=["general", "cut off", "a number", "metadata"],
)
async def test_a_general_answer_is_kept(
    tmp_path: Path, answer: Any, metadata: dict[str, str]
) -> None:
    """What was cut off, states unknown facts or may know metadata is not."""
    async with World(tmp_path, Script(answer), ScriptedTools()).living() as world:
        new = NewConversation("ada", "test", metadata)
        id_ = (await world.store.inbox.open(new)).id
        assert await world.reply(await world.say(id_, ASKED))
        general = answer.text == "By post." and not metadata
        assert await kept(world) == (["By post."] if general else [])


async def test_only_the_first_message_counts(tmp_path: Path) -> None:
    """A later answer may repeat what was said before it."""
    model = Script(say("Hello, you."), say("By post."))
    async with World(tmp_path, model, ScriptedTools()).living() as world:
        id_ = (await world.open()).id
        assert await world.reply(await world.say(id_, "Hi"))
        assert await world.reply(await world.say(id_, ASKED))
        assert await kept(world) == []


async def test_what_a_tool_told_is_not_kept(tmp_path: Path) -> None:
    """Nor what the model said after a tool failed."""
    look = lookup("look", ToolDone({"name": "Zora"}))
    model = Script(use("look"), say("By post."))
    async with World(tmp_path, model, ScriptedTools(look)).living() as world:
        assert await world.reply(await world.say((await world.open()).id, ASKED))
        assert await kept(world) == []


async def test_what_follows_a_holding_reply_is_not_kept(tmp_path: Path) -> None:
    """It is first, but the question is not all that the model reads."""
    model = Script(say("Sorry for the wait. By post."))
    async with World(tmp_path, model, ScriptedTools()).living(working=False) as world:
        id_ = (await world.open()).id
        await world.say(id_, ASKED)
        await world.store.writer.run(
            lambda unit: unit.row("UPDATE turns SET answer_by_ms = 0 RETURNING id", {})
        )
        (late,) = await world.store.watch.overdue(1)
        assert await world.store.watch.hold(late.turn, generic("", []))
        await run(world, id_, world.runner())
        assert len(await world.store.conversations.messages(id_, 0, 10)) == 3
        assert await kept(world) == []


@pytest.mark.parametrize("edition", ["", "a", None])
async def test_an_edition_of_none_keeps_and_gives_nothing(
    tmp_path: Path, edition: str | None
) -> None:
    """Any other keeps its own answers, with the facts that its own texts bear out."""
    model = Script(say("Within 30 days."))
    async with World(tmp_path, model, ScriptedTools()).living(working=False) as world:
        one = world.runner()
        own = OwnTexts(["You have 30 days."])
        runner = replace(one, persona=replace(one.persona, edition=edition, own=own))
        for customer in ("ada", "ben", "cem"):
            id_ = (await world.open(customer)).id
            await world.say(id_, ASKED)
            await run(world, id_, runner)
        shared = edition is not None
        assert await kept(world) == ["Within 30 days."] * shared
        found = await world.store.knowledge.answer(ASKED, edition)
        assert (found is not None) is shared
