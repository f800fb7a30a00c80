"""Limits in whole turns: what is said, who is told, and when it goes on."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.agent.turn_script import Script, say, tool, use

from mainstay.agent.turn import PutOff
from mainstay.domain.model_call import ModelFailure
from mainstay.domain.reply import Reply
from mainstay.domain.spend import Limit, Scope, Unit
from mainstay.domain.step import ModelStep, Usage
from mainstay.domain.wake import Wake
from mainstay.ports.inbox import Accepted
from mainstay.ports.knowledge import Article
from mainstay.ports.model_events import ModelCalled
from mainstay.ports.telemetry import LimitReached
from mainstay.system.clock import SystemClock
from mainstay.testing.scripted_tools import ScriptedTools
from mainstay.testing.world import CONTACT, World
from mainstay.worker.grip import Held

TODAY = "The limit of automatic answers for today has been reached."
HERE = "This conversation has reached its limit of automatic answers."
TOLD = "A colleague has been told and will look at your message."
DAY_S = 86_400
ARTICLE = Article("pay.md", "Paying a bill", "You can pay a bill by card.")


def limit(scope: Scope, most: float, unit: Unit = "tokens") -> Limit:
    """Return a limit."""
    return Limit(f"LIMIT_{scope}_{unit}".upper(), scope, unit, most)


def cent(model: str, usage: Usage) -> float:
    """Return a cent a token."""
    return usage.tokens / 100


class LaterClock(SystemClock):
    """The time, or later."""

    later_s = 0.0

    def now_ms(self) -> int:
        """Return Unix time."""
        return super().now_ms() + round(self.later_s * 1000)


async def ask(world: World, id_: str, text: str = "My cat is sad") -> Reply:
    """Say something and return the reply."""
    reply = await world.reply(await world.say(id_, text))
    assert reply is not None
    return reply


async def until_answered(world: World, turn_id: str) -> Reply:
    """Return the reply of a turn that was held before."""
    while True:
        view = await world.store.conversations.turn(turn_id)
        if view is not None and view.state == "answered" and not view.held:
            assert view.reply is not None
            return view.reply
        await world.clock.sleep(0.01)


async def escalated(world: World) -> list[tuple[str, str]]:
    """Return conversation and cause of every item in the human inbox."""
    return [(e.conversation_id, e.cause) for e in await world.store.desk.escalations()]


def refused(world: World) -> list[str]:
    """Return the limits that were told of."""
    return [e.limit for e in world.notes.events if isinstance(e, LimitReached)]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (limit("customer", 4), TODAY),
        (limit("customer", 0.04, "usd"), TODAY),
        (limit("conversation", 4), HERE),
        (limit("conversation", 0.04, "usd"), HERE),
        (limit("day", 4), TODAY),
        (limit("day", 0.04, "usd"), TODAY),
    ],
)
async def test_the_turn_after_the_last_one_is_told(
    tmp_path: Path, one: Limit, words: str
) -> None:
    """Two tokens a turn, four allowed: the third hears why, and a human is told."""
    model = Script(say("Yes."))
    world = World(tmp_path, model, ScriptedTools(), limits=[one], price=cent)
    async with world.living():
        id_ = (await world.open()).id
        for _ in range(2):
            assert (await ask(world, id_)).fallback_level == 0
        third = await ask(world, id_)
        assert third.response == f"{words} {TOLD} You can also reach us at {CONTACT}."
        assert (third.fallback_level, third.model) == (4, "none")
        assert len(model.requests) == 2
        assert await escalated(world) == [(id_, f"{one.setting} is reached")]
        assert refused(world) == [one.name]


async def test_the_turn_says_when_it_was_stopped(tmp_path: Path) -> None:
    """Its detail has the time; a turn that no limit stopped has none."""
    limits = [limit("customer", 2)]
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), limits=limits)
    async with world.living():
        id_ = (await world.open()).id
        turns: list[Any] = []
        for _ in range(2):
            accepted = await world.say(id_, "Hello")
            await world.reply(accepted)
            turns.append(await world.store.conversations.turn(accepted.turn_id))
        first, second = turns
        assert "limited_ms" not in first.timings_ms
        assert second.timings_ms["limited_ms"] >= second.timings_ms["claimed_ms"]


async def test_a_known_answer_is_given_with_its_reason(tmp_path: Path) -> None:
    """Level 3 costs nothing: it answers, says why no more, and a human looks."""
    world = World(
        tmp_path,
        Script(say("Yes.")),
        ScriptedTools(),
        limits=[limit("customer", 1)],
        articles=[ARTICLE],
    )
    async with world.living():
        id_ = (await world.open()).id
        await ask(world, id_)
        reply = await ask(world, id_, "How to pay a bill?")
        assert (reply.fallback_level, reply.model) == (3, "cache")
        told = f"{TODAY} {TOLD} This help article may help:"
        article = "Paying a bill\n\nYou can pay a bill by card."
        assert reply.response.startswith(f"{told}\n\n{article}\n\n")
        assert len(await escalated(world)) == 1


async def test_one_item_a_conversation(tmp_path: Path) -> None:
    """Who goes on writing does not fill the inbox; each conversation is in it."""
    limits = [limit("customer", 1)]
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), limits=limits)
    async with world.living():
        first, second = (await world.open()).id, (await world.open()).id
        await ask(world, first)
        for id_ in (first, first, second, second, first):
            assert (await ask(world, id_)).fallback_level == 4
        assert [id_ for id_, _ in await escalated(world)] == [first, second]


async def test_others_are_not_touched(tmp_path: Path) -> None:
    """A customer's limit is his; another's conversation goes on."""
    limits = [limit("customer", 1)]
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), limits=limits)
    async with world.living():
        eve = (await world.open("eve")).id
        await ask(world, eve)
        assert (await ask(world, eve)).fallback_level == 4
        assert (await ask(world, (await world.open("ada")).id)).fallback_level == 0


async def test_a_turn_ends_where_its_own_calls_reach_the_limit(
    tmp_path: Path,
) -> None:
    """Asked again before each call; what was done by then is told."""
    model = Script(use("pay", "t1"), say("Paid."))
    tools = ScriptedTools(tool("pay"))
    world = World(tmp_path, model, tools, limits=[limit("day", 2)], articles=[ARTICLE])
    async with world.living():
        id_ = (await world.open()).id
        reply = await ask(world, id_, "How to pay a bill?")
        assert reply.fallback_level == 4
        assert "5 EUR have been paid for bill 77." in reply.response
        assert reply.response.startswith(TODAY)
        assert len(model.requests) == 1
        assert len(await escalated(world)) == 1


async def test_failed_calls_count_as_far_as_is_known(tmp_path: Path) -> None:
    """A stream that broke off cost its prompt, also when another call answered."""
    cut = ModelFailure("cut", "", shown=True, usage=Usage(40))
    other = ModelStep("fallback", say("Yes.").content, "end_turn", Usage(1, 1))
    model = Script(cut, other, say("No."))
    limits = [limit("customer", 42)]
    world = World(tmp_path, model, ScriptedTools(), limits=limits)
    async with world.living():
        id_ = (await world.open()).id
        accepted = await world.say(id_, "Hello")
        reply = await world.reply(accepted)
        assert reply is not None
        assert reply.fallback_level == 2
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert view.usage == Usage(41, 1)
        assert (await ask(world, id_)).fallback_level == 4
        assert len(model.requests) == 2


async def test_a_refused_answer_has_its_price(tmp_path: Path) -> None:
    """The model said no; it read the prompt all the same."""
    refusal = ModelStep("primary", [], "refusal", Usage(7, 1))
    world = World(tmp_path, Script(refusal), ScriptedTools())
    async with world.living():
        await ask(world, (await world.open()).id)
        assert (await world.store.spend.today(1)).total.tokens == 8


async def test_a_person_who_is_asked_for_comes(tmp_path: Path) -> None:
    """The limit does not stand between a customer and a human."""
    limits = [limit("customer", 1)]
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), limits=limits)
    async with world.living():
        id_ = (await world.open()).id
        await ask(world, id_)
        reply = await ask(world, id_, "I want to talk to a human")
        assert "I'm passing you on to a colleague" in reply.response
        talk = await world.store.conversations.get(id_)
        assert talk is not None
        assert talk.owner == "human"


async def test_a_hand_back_lets_a_conversation_go_on(tmp_path: Path) -> None:
    """Its limit is for what the AI does on its own."""
    limits = [limit("conversation", 2)]
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), limits=limits)
    async with world.living():
        id_ = (await world.open()).id
        await ask(world, id_)
        assert (await ask(world, id_)).fallback_level == 4
        await world.store.desk.take_over(id_, "op", "limit")
        await world.store.desk.hand_back(id_, "op")
        assert (await ask(world, id_)).fallback_level == 0


async def test_the_next_day_is_a_new_one(tmp_path: Path) -> None:
    """After midnight UTC customers and the day begin anew; conversations do not."""
    clock = LaterClock()
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), clock=clock)
    world.limits = [limit("customer", 2), limit("conversation", 4), limit("day", 2)]
    async with world.living():
        id_ = (await world.open()).id
        for day in range(2):
            clock.later_s = day * DAY_S
            assert (await ask(world, id_)).fallback_level == 0
            assert (await ask(world, id_)).response.startswith(TODAY)
        clock.later_s = 2 * DAY_S
        assert (await ask(world, id_)).response.startswith(HERE)


async def held_after_a_limit(
    world: World, clock: LaterClock, text: str
) -> tuple[str, Accepted]:
    """Spend what there is, and let a message get its holding reply."""
    id_ = (await world.open()).id
    await world.start_worker()
    await ask(world, id_)
    await world.stop_worker()
    accepted = await world.say(id_, text)
    clock.later_s = 28
    await world.watchdog().look()
    await world.start_worker()
    return id_, accepted


async def test_a_held_turn_does_not_wait_for_a_limit(tmp_path: Path) -> None:
    """It had its holding reply: it dies, so that what comes after it is told why.

    The next day an operator may revive it.
    """
    clock = LaterClock()
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), clock=clock)
    world.limits = [limit("customer", 2)]
    async with world.living(working=False):
        id_, held = await held_after_a_limit(world, clock, "My cat is sad")
        assert (await ask(world, id_, "And my dog")).response.startswith(TODAY)
        view = await world.store.conversations.turn(held.turn_id)
        assert view is not None
        assert view.state == "dead"
        causes = [cause for _, cause in await escalated(world)]
        assert causes[:2] == ["answer overdue", "LIMIT_CUSTOMER_TOKENS is reached"]
        clock.later_s = DAY_S
        assert await world.store.desk.redrive(None, "op") == 1
        await world.queue().publish([Wake(id_)])
        revived = await until_answered(world, held.turn_id)
        assert (revived.response, revived.fallback_level) == ("Yes.", 0)


async def test_a_held_turn_tells_what_it_did(tmp_path: Path) -> None:
    """Only a handoff may still speak after a holding reply; the customer must know."""
    clock = LaterClock()
    tools = ScriptedTools(tool("pay"))
    world = World(tmp_path, Script(use("pay")), tools, clock=clock)
    world.limits = [limit("day", 2)]
    async with world.living(working=False):
        id_ = (await world.open()).id
        accepted = await world.say(id_, "Pay bill 77")
        clock.later_s = 28
        await world.watchdog().look()
        await world.start_worker()
        while len(said := await world.store.conversations.messages(id_, 0, 9)) < 3:
            await clock.sleep(0.01)
        assert said[-1].text.startswith(
            "I'm passing you on to a colleague, who will answer here. "
            "5 EUR have been paid for bill 77."
        )
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert view.state == "handed_off"


async def test_a_held_turn_passes_the_wish_for_a_person_on(tmp_path: Path) -> None:
    """A limit after the holding reply is no reason to forget who was asked for."""
    clock = LaterClock()
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), clock=clock)
    world.limits = [limit("customer", 2)]
    async with world.living(working=False):
        id_, wish = await held_after_a_limit(world, clock, "I want to talk to a human")
        while len(said := await world.store.conversations.messages(id_, 0, 9)) < 5:
            await clock.sleep(0.01)
        assert said[-1].text.startswith("I'm passing you on to a colleague")
        view = await world.store.conversations.turn(wish.turn_id)
        assert view is not None
        assert view.state == "handed_off"


async def test_a_held_turn_leaves_its_request_to_a_human(tmp_path: Path) -> None:
    """What waits for approval goes on waiting, though no model may speak of it."""
    clock = LaterClock()
    tools = ScriptedTools(tool("pay", approve_if=lambda args: True))
    world = World(tmp_path, Script(use("pay")), tools, clock=clock)
    world.limits = [limit("day", 2)]
    async with world.living(working=False):
        id_ = (await world.open()).id
        accepted = await world.say(id_, "Pay bill 77")
        clock.later_s = 28
        await world.watchdog().look()
        await world.start_worker()
        while not await world.store.desk.approvals():
            await clock.sleep(0.01)
        view = await world.store.conversations.turn(accepted.turn_id)
        assert view is not None
        assert view.state == "handed_off"


async def test_what_is_put_off_is_paid_for(tmp_path: Path) -> None:
    """Failed calls of a held turn count when its attempt ends, once."""
    clock = LaterClock()
    cut = ModelFailure("cut", "", shown=True, usage=Usage(40))
    model = Script(cut, cut, say("Yes."))
    world = World(tmp_path, model, ScriptedTools(), clock=clock)
    async with world.living(working=False):
        id_ = (await world.open()).id
        accepted = await world.say(id_, "Hello")
        clock.later_s = 28
        await world.watchdog().look()
        (claim,) = await world.store.leases.claim([id_], world.owner)
        outcome = await world.runner().run(claim, Held(claim, clock))
        assert isinstance(outcome, PutOff)
        assert (await world.store.spend.today(1)).total.tokens == 80
        clock.later_s += outcome.delay_s
        await world.start_worker()
        assert (await until_answered(world, accepted.turn_id)).fallback_level == 0
        assert (await world.store.spend.today(1)).total.tokens == 82


async def test_a_decision_is_carried_out_all_the_same(tmp_path: Path) -> None:
    """What a human approved is done and told, though no model may speak."""
    model = Script(use("pay", "t1"), say("I have asked."))
    tools = ScriptedTools(tool("pay", approve_if=lambda args: True))
    clock = SystemClock()
    world = World(tmp_path, model, tools, limits=[limit("customer", 4)])
    async with world.living():
        id_ = (await world.open()).id
        assert (await ask(world, id_, "Pay bill 77")).response == "I have asked."
        (asked,) = await world.store.desk.approvals()
        await world.store.desk.decide(asked.id, "op", "approve")
        await world.queue().publish([Wake(id_)])
        while len(said := await world.store.conversations.messages(id_, 0, 9)) < 3:
            await clock.sleep(0.01)
        assert said[-1].text.startswith(f"{TODAY} 5 EUR have been paid for bill 77.")


async def test_without_limits_nothing_is_refused(tmp_path: Path) -> None:
    """What is spent is counted all the same."""
    world = World(tmp_path, Script(say("Yes.")), ScriptedTools(), price=cent)
    async with world.living():
        id_ = (await world.open("ada")).id
        for _ in range(3):
            assert (await ask(world, id_)).fallback_level == 0
        today = await world.store.spend.today(5)
        assert today.total.tokens == today.customers["ada"].tokens == 6
        assert today.total.usd == pytest.approx(0.06)
        called = [e for e in world.notes.events if isinstance(e, ModelCalled)]
        assert len(called) == 3
