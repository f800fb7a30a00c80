"""The journal: all or nothing, fenced, and one end a turn."""

import pytest

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.step import Usage
from mainstay.ports.journal import DOUBT, Approval, EffectChange, Ending, Entry
from mainstay.testing.store_conformance.ports import (
    StorePorts,
    answered,
    effect,
    reply,
    thought,
)

ANSWER_BY_S = 28


class JournalConformance:
    """The contract of ``ports.Journal``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_what_was_written_is_read_in_order(self, ports: StorePorts) -> None:
        """A later attempt sees steps, effects and messages of the earlier one."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry([thought("a"), thought("b")]))
        intended = effect(claim, "k1")
        await ports.journal.append(claim, Entry([thought("c")], intended=[intended]))
        done = EffectChange("k1", "committed", {"ok": True}, "Paid 5.")
        await ports.journal.append(claim, Entry(changed=[done]))
        await ports.journal.postpone(claim, 0, orderly=True)
        record = await ports.journal.load(await ports.claim(id_))
        assert record.steps == [thought("a"), thought("b"), thought("c")]
        (kept,) = record.effects
        assert (kept.state, kept.statement) == ("committed", "Paid 5.")
        assert kept.result == {"ok": True}
        assert [m.text for m in record.messages] == ["Hello"]
        assert record.conversation.customer_id == "ada"

    async def test_a_unique_key_is_taken_once(self, ports: StorePorts) -> None:
        """A second effect under it is a conflict, and its entry leaves no trace."""
        _, one = await ports.begin()
        _, two = await ports.begin()
        await ports.journal.append(one, Entry(intended=[effect(one, "k1", "order 7")]))
        taken = Entry([thought()], intended=[effect(two, "k2", "order 7")])
        with pytest.raises(Conflict):
            await ports.journal.append(two, taken)
        record = await ports.journal.load(two)
        assert (record.steps, record.effects) == ([], [])

    async def test_a_failed_effect_frees_its_unique_key(
        self, ports: StorePorts
    ) -> None:
        """What was refused may be tried anew; what is in doubt may not."""
        _, claim = await ports.begin()
        for state, key in (("failed", "k1"), ("unknown", "k2")):
            entry = Entry(intended=[effect(claim, key, "order 7")])
            await ports.journal.append(claim, entry)
            change = EffectChange(key, "failed" if state == "failed" else "unknown")
            await ports.journal.append(claim, Entry(changed=[change]))
        with pytest.raises(Conflict):
            await ports.journal.append(
                claim, Entry(intended=[effect(claim, "k3", "order 7")])
            )

    async def test_a_doubt_is_escalated_where_it_is_written(
        self, ports: StorePorts
    ) -> None:
        """A turn that a human took over comes to no end that could escalate it."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        assert await ports.desk.take_over(id_, "op", "asked")
        unclear = Entry(changed=[EffectChange("k1", "unknown")])
        await ports.journal.append(claim, unclear)
        (item,) = await ports.desk.escalations()
        assert (item.turn_id, item.cause) == (claim.turn.id, DOUBT)

    async def test_the_end_is_one_commit(self, ports: StorePorts) -> None:
        """Reply, state, usage and cost are there, the lease is over."""
        id_, claim = await ports.begin()
        usage = Usage(10, 20, 30, 40)
        ending = Ending(
            reply("Done.", 2), "answered", [thought()], usage=usage, cost_usd=0.5
        )
        await ports.journal.finish(claim, ending)
        view = await ports.turn(claim.turn.id)
        assert (view.state, view.reply) == ("answered", reply("Done.", 2))
        assert (view.usage, view.cost_usd, len(view.steps)) == (usage, 0.5, 1)
        assert await ports.said(id_) == [
            (1, "customer", "Hello"),
            (2, "agent", "Done."),
        ]
        assert await ports.events(id_) == [1, 2, 3, 4]
        with pytest.raises(LeaseLost):
            await ports.journal.finish(claim, answered("Again"))

    async def test_no_effect_begins_after_a_takeover(self, ports: StorePorts) -> None:
        """What needs the AI is refused; what was sent before may still be settled."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        await ports.desk.take_over(id_, "op", "test")
        with pytest.raises(TakenOver):
            await ports.journal.append(
                claim, Entry(intended=[effect(claim, "k2")], needs_ai=True)
            )
        done = EffectChange("k1", "committed", None, "Paid 5.")
        await ports.journal.append(claim, Entry(changed=[done]))
        (kept,) = (await ports.turn(claim.turn.id)).effects
        assert kept.state == "committed"

    async def test_no_reply_commits_after_a_takeover(self, ports: StorePorts) -> None:
        """The turn stays handed off, and stays so after the hand-back."""
        id_, claim = await ports.begin()
        await ports.desk.take_over(id_, "op", "test")
        with pytest.raises(TakenOver):
            await ports.journal.finish(claim, answered("Too late"))
        await ports.desk.reply(id_, "op", "I am here.")
        await ports.desk.hand_back(id_, "op")
        with pytest.raises((LeaseLost, TakenOver)):
            await ports.journal.finish(claim, answered("Far too late"))
        assert (await ports.turn(claim.turn.id)).state == "handed_off"
        assert [text for _, _, text in await ports.said(id_)] == ["Hello", "I am here."]

    async def test_a_held_turn_takes_only_the_real_answer(
        self, ports: StorePorts
    ) -> None:
        """After a holding reply, levels 3 and 4 would repeat it; 0 to 2 may follow."""
        id_, claim = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        assert await ports.watch.hold(late.turn, reply("Please wait.", 4))
        claim = await ports.claim(id_)
        for level in (3, 4):
            with pytest.raises(Conflict):
                await ports.journal.finish(
                    claim, answered("No", 3 if level == 3 else 4)
                )
        await ports.journal.finish(claim, answered("The answer"))
        texts = [text for _, _, text in await ports.said(id_)]
        assert texts == ["Hello", "Please wait.", "The answer"]

    async def test_a_dead_turn_that_was_held_says_no_more(
        self, ports: StorePorts
    ) -> None:
        """Its holding reply was its word; an unheld one gets its last."""
        id_, _ = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        await ports.watch.hold(late.turn, reply("Please wait.", 4))
        ending = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
        await ports.journal.finish(await ports.claim(id_), ending)
        other, claim = await ports.begin()
        await ports.journal.finish(claim, ending)
        assert [t for _, _, t in await ports.said(id_)] == ["Hello", "Please wait."]
        assert [t for _, _, t in await ports.said(other)] == ["Hello", "Sorry."]
        assert {d.turn_id for d in await ports.desk.dead()} == {
            late.turn.id,
            claim.turn.id,
        }

    async def test_a_handoff_gives_the_conversation_away(
        self, ports: StorePorts
    ) -> None:
        """In the reply's own commit; what waits there is the human's."""
        id_, claim = await ports.begin()
        await ports.say(id_, "Please")
        ending = Ending(reply("A colleague comes."), "handed_off", escalate="asked")
        await ports.journal.finish(claim, ending)
        conversation = await ports.conversations.get(id_)
        assert conversation is not None
        assert conversation.owner == "human"
        assert await ports.leases.claim([id_], "one") == []
        assert [e.cause for e in await ports.desk.escalations()] == ["asked"]

    async def test_strikes_count_what_ended_badly(self, ports: StorePorts) -> None:
        """An orderly end takes them away, a disorderly one leaves them."""
        id_, claim = await ports.begin()
        await ports.journal.postpone(claim, 0, orderly=False)
        again = await ports.claim(id_)
        assert again.turn.strikes == 2
        await ports.journal.postpone(again, 0, orderly=True)
        assert (await ports.claim(id_)).turn.strikes == 1

    async def test_an_approval_waits_and_opens_a_turn(self, ports: StorePorts) -> None:
        """Decided once; the turn that carries it out finds the decision."""
        id_, claim = await ports.begin()
        asked = Approval("appr_1", id_, claim.turn.id, "pay", {"n": 5}, "k1", "waiting")
        ending = Ending(reply("I have asked."), "waiting_approval", approvals=[asked])
        await ports.journal.finish(claim, ending)
        assert await ports.desk.approvals() == [asked]
        assert (await ports.turn(claim.turn.id)).state == "waiting_approval"
        assert await ports.leases.claim([id_], "one") == []
        decided = await ports.desk.decide("appr_1", "op", "approve")
        with pytest.raises(Conflict):
            await ports.desk.decide("appr_1", "op", "deny")
        record = await ports.journal.load(await ports.claim(id_))
        assert record.approval == decided
        assert decided.state == "approved"
        assert await ports.desk.approvals() == []
