"""Desk: who owns a conversation, and what becomes of its words."""

import pytest

from mainstay.domain.errors import Conflict, NotFound, TakenOver
from mainstay.ports.journal import Approval, EffectChange, Ending, Entry
from mainstay.testing.store_conformance.ports import (
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

    async def test_an_earlier_turns_reply_answers_nothing_else(
        self, ports: StorePorts
    ) -> None:
        """A message that waited while its predecessor was answered becomes a turn."""
        id_, claim = await ports.begin()
        await ports.say(id_, "Second")
        await ports.journal.finish(claim, answered())
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        assert (await ports.claim(id_)).turn.first_seq == 2

    async def test_a_holding_reply_is_no_answer(self, ports: StorePorts) -> None:
        """A held turn that a human took and left becomes a turn again."""
        id_, _ = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        await ports.watch.hold(late.turn, reply("Please wait.", 4))
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        assert (await ports.claim(id_)).turn.first_seq == 1

    async def test_what_waited_at_a_handoff_is_not_lost(
        self, ports: StorePorts
    ) -> None:
        """What was said before the AI's own handoff becomes a turn of its own."""
        id_, claim = await ports.begin()
        await ports.say(id_, "Second")
        ending = Ending(reply("A colleague comes."), "handed_off", escalate="asked")
        await ports.journal.finish(claim, ending)
        await ports.desk.hand_back(id_, "op")
        span = (await ports.claim(id_)).turn
        assert (span.first_seq, span.last_seq) == (2, 2)

    async def test_what_the_ai_answered_since_stays_answered(
        self, ports: StorePorts
    ) -> None:
        """A second takeover and hand-back bring nothing back a second time."""
        id_ = await ports.open()
        await ports.say(id_)
        for expected in (1, 0):
            await ports.desk.take_over(id_, "op", "test")
            await ports.desk.hand_back(id_, "op")
            claims = await ports.leases.claim([id_], "one")
            assert len(claims) == expected
            for claim in claims:
                await ports.journal.finish(claim, answered())

    async def test_a_revived_turn_that_a_human_took_comes_back(
        self, ports: StorePorts
    ) -> None:
        """Its new attempts were promised, and none of them ended."""
        id_, claim = await ports.begin()
        ending = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
        await ports.journal.finish(claim, ending)
        await ports.desk.redrive([claim.turn.id], "op")
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        assert (await ports.claim(id_)).turn.first_seq == 1

    async def test_a_call_under_way_is_waited_for(self, ports: StorePorts) -> None:
        """After a hand-back nobody goes on until its sender has told of its fate."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        assert await ports.leases.claim([id_], "two") == []
        done = EffectChange("k1", "committed", None, "Paid 5.")
        await ports.journal.append(claim, Entry(changed=[done]))
        with pytest.raises(TakenOver):
            await ports.journal.finish(claim, answered())
        record = await ports.journal.load(await ports.claim(id_, "two"))
        assert [e.state for e in record.effects] == ["committed"]

    async def test_a_decision_outlasts_a_takeover(self, ports: StorePorts) -> None:
        """What was approved is carried out after the hand-back, running or not."""
        id_, claim = await ports.begin()
        asked = Approval("appr_1", id_, claim.turn.id, "pay", {"n": 5}, "k1", "waiting")
        ending = Ending(reply("I have asked."), "waiting_approval", approvals=[asked])
        await ports.journal.finish(claim, ending)
        await ports.desk.decide("appr_1", "op", "approve")
        for _ in range(2):
            carrying = await ports.claim(id_)
            assert carrying.turn.approval_id == "appr_1"
            await ports.desk.take_over(id_, "op", "test")
            with pytest.raises(TakenOver):
                await ports.journal.finish(carrying, answered())
            assert await ports.leases.claim([id_], "one") == []
            await ports.desk.hand_back(id_, "op")
        await ports.journal.finish(await ports.claim(id_), answered("Paid."))

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
