"""Desk and watchdog: who owns a conversation, and who answers for the dead."""

import asyncio

import pytest

from mainstay.domain.errors import Conflict, NotFound
from mainstay.ports.journal import EffectChange, Ending, Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    effect,
    reply,
)

ANSWER_BY_S = 28


class DeskConformance:
    """The contract of ``ports.Desk``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_a_takeover_is_told_once(self, ports: StorePorts) -> None:
        """Only a change is a change, and only a change is an event."""
        id_ = await ports.open()
        assert await ports.desk.take_over(id_, "op", "test")
        assert not await ports.desk.take_over(id_, "op", "test")
        assert await ports.desk.hand_back(id_, "op")
        assert not await ports.desk.hand_back(id_, "op")
        kinds = [e.kind for e in await ports.conversations.events(id_, 0, 10)]
        assert kinds == ["owner", "owner"]

    async def test_open_turns_become_the_humans(self, ports: StorePorts) -> None:
        """Running and waiting ones alike; none of them is overdue any more."""
        id_, claim = await ports.begin()
        waiting = await ports.say(id_, "And")
        await ports.desk.take_over(id_, "op", "test")
        for turn_id in (claim.turn.id, waiting.turn_id):
            assert (await ports.turn(turn_id)).state == "handed_off"
        ports.clock.advance(ANSWER_BY_S)
        assert await ports.watch.overdue(10) == []

    async def test_a_human_speaks_only_as_the_owner(self, ports: StorePorts) -> None:
        """While the AI owns it a human's words are a conflict."""
        id_ = await ports.open()
        with pytest.raises(Conflict):
            await ports.desk.reply(id_, "op", "Hi")
        await ports.desk.take_over(id_, "op", "test")
        message = await ports.desk.reply(id_, "op", "Hi")
        assert (message.seq, message.role, message.turn_id) == (1, "human", None)

    async def test_a_hand_back_brings_unanswered_words(self, ports: StorePorts) -> None:
        """What the human answered is no work; what came after is one turn."""
        id_ = await ports.open()
        await ports.desk.take_over(id_, "op", "test")
        await ports.say(id_, "One")
        await ports.desk.reply(id_, "op", "Done")
        await ports.desk.hand_back(id_, "op")
        assert await ports.leases.claim([id_], "one") == []
        await ports.desk.take_over(id_, "op", "test")
        await ports.say(id_, "Two")
        await ports.say(id_, "Three")
        await ports.desk.hand_back(id_, "op")
        claim = await ports.claim(id_)
        assert (claim.turn.first_seq, claim.turn.last_seq) == (3, 4)

    async def test_nothing_is_done_to_nothing(self, ports: StorePorts) -> None:
        """An unknown conversation or approval is not found."""
        for attempt in (
            ports.desk.take_over("conv_none", "op", "test"),
            ports.desk.hand_back("conv_none", "op"),
            ports.desk.reply("conv_none", "op", "Hi"),
            ports.desk.decide("appr_none", "op", "approve"),
        ):
            with pytest.raises(NotFound):
                await attempt

    async def test_the_dead_can_be_revived(self, ports: StorePorts) -> None:
        """Once, with new attempts, and only what is dead."""
        id_, claim = await ports.begin()
        ending = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
        await ports.journal.finish(claim, ending)
        assert await ports.desk.redrive([claim.turn.id, "turn_none"], "op") == 1
        assert await ports.desk.redrive(None, "op") == 0
        again = await ports.claim(id_)
        assert (again.turn.id, again.turn.strikes) == (claim.turn.id, 1)
        await ports.journal.finish(again, answered("At last"))
        assert [t for _, _, t in await ports.said(id_)] == [
            "Hello",
            "Sorry.",
            "At last",
        ]


class WatchConformance:
    """The contract of ``ports.Watch``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_a_turn_is_overdue_after_28_s(self, ports: StorePorts) -> None:
        """Not before, whether it waits or runs; oldest first."""
        _, running = await ports.begin()
        ports.clock.advance(1)
        waiting = await ports.say(await ports.open())
        ports.clock.advance(ANSWER_BY_S - 1.001)
        assert await ports.watch.overdue(10) == []
        ports.clock.advance(1.001)
        late = [one.turn.id for one in await ports.watch.overdue(10)]
        assert late == [running.turn.id, waiting.turn_id]
        assert len(await ports.watch.overdue(1)) == 1

    async def test_one_of_many_holds(self, ports: StorePorts) -> None:
        """Eight watchdogs at once: one holding reply, one escalation."""
        id_, _ = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        held = await asyncio.gather(
            *(ports.watch.hold(late.turn, reply("Please wait.", 4)) for _ in range(8))
        )
        assert held.count(True) == 1
        assert [t for _, _, t in await ports.said(id_)] == ["Hello", "Please wait."]
        assert len(await ports.desk.escalations()) == 1
        assert await ports.watch.overdue(10) == []
        assert await ports.events(id_) == [1, 2, 3, 4]

    async def test_what_was_answered_is_not_held(self, ports: StorePorts) -> None:
        """A reply that commits first leaves the holding reply unwritten."""
        id_, claim = await ports.begin()
        ports.clock.advance(ANSWER_BY_S - 20)
        ports.clock.advance(20)
        (late,) = await ports.watch.overdue(10)
        await ports.journal.finish(claim, answered("Just in time"))
        assert not await ports.watch.hold(late.turn, reply("Please wait.", 4))
        assert len(await ports.said(id_)) == 2

    async def test_held_work_goes_on(self, ports: StorePorts) -> None:
        """Turn and lease stay as they are: the holder may still finish."""
        _, claim = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        await ports.watch.hold(late.turn, reply("Please wait.", 4))
        view = await ports.turn(claim.turn.id)
        assert (view.state, view.held) == ("answered", True)
        await ports.journal.finish(claim, answered("The answer"))
        view = await ports.turn(claim.turn.id)
        assert (view.state, view.held) == ("answered", False)

    async def test_what_was_done_is_told(self, ports: StorePorts) -> None:
        """An overdue turn comes with its effects."""
        _, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        done = EffectChange("k1", "committed", None, "Paid 5.")
        await ports.journal.append(claim, Entry(changed=[done]))
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        assert [e.statement for e in late.effects] == ["Paid 5."]

    async def test_what_nobody_will_settle_is_in_doubt(self, ports: StorePorts) -> None:
        """An effect of a lost worker in a human's conversation needs a human's eyes."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        await ports.desk.take_over(id_, "op", "test")
        assert await ports.watch.doubt_abandoned() == 0
        ports.clock.advance(LEASE_S)
        assert await ports.watch.doubt_abandoned() == 1
        assert await ports.watch.doubt_abandoned() == 0
        (kept,) = (await ports.turn(claim.turn.id)).effects
        assert kept.state == "unknown"
        assert len(await ports.desk.escalations()) == 1
