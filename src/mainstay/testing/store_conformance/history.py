"""What was told stays told, in order and without a gap; run it on your store.

Give ``HistoryConformance`` the same ``ports`` fixture as the suites in
``store_conformance``.
"""

from collections.abc import AsyncGenerator

import pytest

from mainstay.ports.journal import Approval, Ending, Entry
from mainstay.testing.store_conformance.ports import StorePorts, answered, effect, reply

ANSWER_BY_S = 28


async def lived(ports: StorePorts, id_: str) -> AsyncGenerator[str]:
    """Lead a conversation through all that can happen to it; name each act."""
    await ports.say(id_)
    yield "accept"
    ports.clock.advance(ANSWER_BY_S)
    (late,) = await ports.watch.overdue(10)
    await ports.watch.hold(late.turn, reply("Please wait.", 4))
    yield "hold"
    ending = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
    await ports.journal.finish(await ports.claim(id_), ending)
    yield "die in silence"
    await ports.desk.redrive(None, "op")
    yield "redrive"
    await ports.journal.finish(await ports.claim(id_), answered("At last."))
    yield "answer"
    async for act in _with_a_human(ports, id_):
        yield act


async def _with_a_human(ports: StorePorts, id_: str) -> AsyncGenerator[str]:
    """Lead it through what takes a human."""
    await ports.say(id_, "Pay me.")
    claim = await ports.claim(id_)
    asked = Approval(f"appr_{id_}", id_, claim.turn.id, "pay", {}, "k1", "waiting")
    ending = Ending(reply("I have asked."), "waiting_approval", approvals=[asked])
    await ports.journal.finish(claim, ending)
    yield "ask"
    await ports.desk.decide(asked.id, "op", "deny")
    yield "decide"
    ending = Ending(reply("A colleague comes."), "handed_off", escalate="denied")
    await ports.journal.finish(await ports.claim(id_), ending)
    yield "hand off"
    await ports.desk.reply(id_, "op", "I am here.")
    yield "speak"
    await ports.say(id_, "Thanks.")
    yield "accept for a human"
    await ports.desk.hand_back(id_, "op")
    yield "hand back"
    await ports.desk.take_over(id_, "op", "test")
    yield "take over"


class HistoryConformance:
    """The contract of ``ports.Conversations`` and ``ports.Audit`` over a whole life."""

    pytestmark = pytest.mark.asyncio

    async def test_each_act_is_told_at_its_end(self, ports: StorePorts) -> None:
        """New events follow the old ones without a gap; what was read never changes."""
        id_ = await ports.open()
        read = await ports.conversations.events(id_, 0, 1000)
        async for act in lived(ports, id_):
            after = read[-1].id if read else 0
            new = await ports.conversations.events(id_, after, 1000)
            assert new, act
            read += new
            assert await ports.conversations.events(id_, 0, 1000) == read, act
            assert [e.id for e in read] == list(range(1, len(read) + 1)), act

    async def test_a_reader_may_come_back_anywhere(self, ports: StorePorts) -> None:
        """Pages of any size from any number on are the same events, once each."""
        id_ = await ports.open()
        async for _ in lived(ports, id_):
            pass
        whole = await ports.conversations.events(id_, 0, 1000)
        for after in range(len(whole) + 1):
            page = await ports.conversations.events(id_, after, 3)
            assert page == whole[after : after + 3]

    async def test_messages_are_events_too(self, ports: StorePorts) -> None:
        """Every message is one event, in the messages' order, with its text."""
        id_ = await ports.open()
        async for _ in lived(ports, id_):
            pass
        messages = await ports.conversations.messages(id_, 0, 1000)
        assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
        events = await ports.conversations.events(id_, 0, 1000)
        told = [e.data for e in events if e.kind == "message"]
        assert [(d["seq"], d["role"], d["text"]) for d in told] == [
            (m.seq, m.role, m.text) for m in messages
        ]
        assert await ports.conversations.messages(id_, 2, 2) == messages[2:4]

    async def test_conversations_are_numbered_apart(self, ports: StorePorts) -> None:
        """What happens in one moves no number of another."""
        one, two = await ports.open(), await ports.open()
        await ports.say(two)
        before = await ports.conversations.events(two, 0, 1000)
        async for _ in _quiet(ports, one):
            assert await ports.conversations.events(two, 0, 1000) == before
        await ports.say(two, "Again")
        assert await ports.events(two) == list(range(1, len(before) + 3))

    async def test_a_turn_shows_its_newest_reply(self, ports: StorePorts) -> None:
        """None at first, then the holding reply, then the answer."""
        id_ = await ports.open()
        turn_id = (await ports.say(id_)).turn_id
        assert await ports.conversations.reply(turn_id) is None
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        await ports.watch.hold(late.turn, reply("Please wait.", 4))
        held = await ports.conversations.reply(turn_id)
        assert held == reply("Please wait.", 4)
        await ports.journal.finish(await ports.claim(id_), answered("The answer"))
        newest = await ports.conversations.reply(turn_id)
        assert newest == (await ports.turn(turn_id)).reply == reply("The answer")
        assert await ports.conversations.reply("turn_none") is None
        assert await ports.conversations.turn("turn_none") is None
        assert await ports.conversations.get("conv_none") is None

    async def test_effects_keep_their_order(self, ports: StorePorts) -> None:
        """A turn finds the conversation's effects, those of earlier turns first."""
        id_, claim = await ports.begin()
        for key in ("k1", "k2"):
            await ports.journal.append(claim, Entry(intended=[effect(claim, key)]))
        await ports.journal.finish(claim, answered())
        ports.clock.advance(1)
        await ports.say(id_, "And?")
        claim = await ports.claim(id_)
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k3")]))
        found = (await ports.journal.load(claim)).effects
        assert [one.key for one in found] == ["k1", "k2", "k3"]

    async def test_each_act_is_a_link_of_the_chain(self, ports: StorePorts) -> None:
        """Nothing that matters happens outside the audit, and the head tells."""
        id_ = await ports.open()
        verdict = await ports.audit.verify()
        async for act in lived(ports, id_):
            after = await ports.audit.verify()
            assert after.intact, act
            assert after.broken_at is None
            assert after.entries > verdict.entries, act
            assert after.head != verdict.head, act
            verdict = after

    async def test_reading_leaves_no_link(self, ports: StorePorts) -> None:
        """Neither does a replay, a refusal or a claim."""
        id_, claim = await ports.begin()
        before = await ports.audit.verify()
        await ports.journal.load(claim)
        await ports.conversations.events(id_, 0, 10)
        await ports.leases.claim([id_], "two")
        await ports.desk.hand_back(id_, "op")
        assert await ports.audit.verify() == before

    async def test_a_key_ends_once(self, ports: StorePorts) -> None:
        """The first end stays; keys are listed oldest first."""
        first = await ports.keys.add(b"1" * 32, "client", "one")
        ports.clock.advance(1)
        second = await ports.keys.add(b"2" * 32, "admin", "two")
        ended = await ports.keys.revoke(first.id)
        ports.clock.advance(1)
        assert await ports.keys.revoke(first.id) == ended
        assert await ports.keys.list() == [ended, second]
        assert (second.role, second.name, second.revoked_at_ms) == (
            "admin",
            "two",
            None,
        )


async def _quiet(ports: StorePorts, id_: str) -> AsyncGenerator[None]:
    """Lead a conversation through what touches itself only."""
    await ports.say(id_)
    yield
    await ports.journal.finish(await ports.claim(id_), answered())
    yield
    await ports.desk.take_over(id_, "op", "test")
    yield
