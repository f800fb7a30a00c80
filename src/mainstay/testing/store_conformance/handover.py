"""Who owns a conversation, who decides, and what comes back; run it on your store.

Give ``HandoverConformance`` the same ``ports`` fixture as the suites in
``store_conformance``.
"""

import pytest

from mainstay.domain.errors import Conflict
from mainstay.domain.turn import Claim
from mainstay.ports.journal import Approval, Ending, Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    effect,
    reply,
)

ANSWER_BY_S = 28


async def owner_epoch(ports: StorePorts, conversation_id: str) -> int:
    """Return the number that fences replies."""
    conversation = await ports.conversations.get(conversation_id)
    assert conversation is not None
    return conversation.owner_epoch


async def ask(ports: StorePorts, *approval_ids: str) -> tuple[str, Claim]:
    """Let a turn end with calls that wait for a human."""
    id_, claim = await ports.begin()
    asked = [
        Approval(name, id_, claim.turn.id, "pay", {"n": 5}, f"k-{name}", "waiting")
        for name in approval_ids
    ]
    ending = Ending(reply("I have asked."), "waiting_approval", approvals=asked)
    await ports.journal.finish(claim, ending)
    return id_, claim


async def give_up(ports: StorePorts) -> tuple[str, Claim]:
    """Let a turn die."""
    id_, claim = await ports.begin()
    ending = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
    await ports.journal.finish(claim, ending)
    return id_, claim


class HandoverConformance:
    """The exact edges of ``ports.Desk`` and ``ports.Watch``."""

    pytestmark = pytest.mark.asyncio

    async def test_each_change_of_owner_raises_the_epoch(
        self, ports: StorePorts
    ) -> None:
        """Takeover, hand-back and the AI's own handoff; nothing else does."""
        id_, claim = await ports.begin()
        epochs = [await owner_epoch(ports, id_)]
        assert claim.lease.owner_epoch == epochs[0]
        for _ in range(2):
            await ports.desk.take_over(id_, "op", "test")
            epochs.append(await owner_epoch(ports, id_))
            await ports.desk.reply(id_, "op", "Hi")
            await ports.desk.hand_back(id_, "op")
            epochs.append(await owner_epoch(ports, id_))
        await ports.say(id_)
        claim = await ports.claim(id_)
        assert claim.lease.owner_epoch == epochs[-1]
        ending = Ending(reply("A colleague comes."), "handed_off")
        await ports.journal.finish(claim, ending)
        epochs.append(await owner_epoch(ports, id_))
        assert epochs == sorted(set(epochs))

    async def test_a_hand_back_frees_the_conversation(self, ports: StorePorts) -> None:
        """The next turn needs not wait until the old holder's lease has ended."""
        id_, old = await ports.begin()
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        new = await ports.claim(id_, "two")
        assert new.turn.id != old.turn.id
        assert (new.turn.first_seq, new.turn.attempt) == (1, 1)
        await ports.journal.finish(new, answered())

    async def test_a_hand_back_empties_the_inbox(self, ports: StorePorts) -> None:
        """Of this conversation; others keep their escalations."""
        id_, _ = await give_up(ports)
        other, _ = await give_up(ports)
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        waiting = await ports.desk.escalations()
        assert [e.conversation_id for e in waiting] == [other]

    async def test_a_decision_waits_for_the_hand_back(self, ports: StorePorts) -> None:
        """While a human owns the conversation nothing is carried out."""
        id_, _ = await ask(ports, "appr_1")
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.decide("appr_1", "op", "approve")
        assert await ports.schedule.take(10, 0) == []
        assert await ports.leases.claim([id_], "one") == []
        await ports.desk.hand_back(id_, "op")
        assert (await ports.claim(id_)).turn.approval_id == "appr_1"

    @pytest.mark.parametrize("state", ["approved", "denied"])
    async def test_a_decision_is_work_at_once(
        self, ports: StorePorts, state: str
    ) -> None:
        """Yes and no alike open a turn, which knows what was decided."""
        id_, _ = await ask(ports, "appr_1")
        decided = await ports.desk.decide(
            "appr_1", "op", "approve" if state == "approved" else "deny"
        )
        assert decided.state == state
        assert await ports.schedule.take(10, 0) == [id_]
        record = await ports.journal.load(await ports.claim(id_))
        assert record.approval == decided

    async def test_who_asked_waits_for_every_decision(self, ports: StorePorts) -> None:
        """Its turn is answered with the last of them; each is a turn of its own."""
        id_, claim = await ask(ports, "appr_1", "appr_2")
        await ports.desk.decide("appr_1", "op", "approve")
        assert (await ports.turn(claim.turn.id)).state == "waiting_approval"
        await ports.desk.decide("appr_2", "op", "deny")
        assert (await ports.turn(claim.turn.id)).state == "answered"
        carried: set[str | None] = set()
        for _ in range(2):
            carrying = await ports.claim(id_)
            carried.add(carrying.turn.approval_id)
            await ports.journal.finish(carrying, answered())
        assert carried == {"appr_1", "appr_2"}

    async def test_only_the_dead_named_are_revived(self, ports: StorePorts) -> None:
        """The others stay dead; open and answered turns are no dead ones."""
        id_, first = await give_up(ports)
        _, second = await give_up(ports)
        open_id, held = await ports.begin()
        names = [first.turn.id, held.turn.id, first.turn.id]
        assert await ports.desk.redrive(names, "op") == 1
        assert [d.turn_id for d in await ports.desk.dead()] == [second.turn.id]
        assert (await ports.schedule.stats()).dead == 1
        assert len(await ports.leases.claim([id_], "one")) == 1
        assert await ports.leases.claim([open_id], "two") == []

    async def test_the_revived_had_its_last_word(self, ports: StorePorts) -> None:
        """It is never overdue again, and only a real answer may follow."""
        id_, _ = await give_up(ports)
        await ports.desk.redrive(None, "op")
        ports.clock.advance(ANSWER_BY_S)
        assert await ports.watch.overdue(10) == []
        claim = await ports.claim(id_)
        with pytest.raises(Conflict):
            await ports.journal.finish(claim, answered("Sorry again.", 4))
        await ports.journal.finish(claim, answered("At last.", 2))

    async def test_the_revived_has_all_its_strikes(self, ports: StorePorts) -> None:
        """Crashes before its death do not count; its attempts do."""
        id_, claim = await ports.begin()
        for _ in range(2):
            ports.clock.advance(LEASE_S)
            claim = await ports.claim(id_)
        assert claim.turn.strikes == 3
        await ports.journal.finish(claim, Ending(reply("Sorry.", 4), "dead"))
        await ports.desk.redrive(None, "op")
        again = await ports.claim(id_)
        assert (again.turn.strikes, again.turn.attempt) == (1, 4)

    async def test_what_was_revived_under_a_human_waits(
        self, ports: StorePorts
    ) -> None:
        """It is due with the hand-back, also when nobody said a word."""
        id_, dead = await give_up(ports)
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.redrive(None, "op")
        assert await ports.leases.claim([id_], "one") == []
        await ports.desk.hand_back(id_, "op")
        assert (await ports.claim(id_)).turn.id == dead.turn.id

    async def test_nobody_is_held_early(self, ports: StorePorts) -> None:
        """A watchdog whose view is stale writes nothing before the time."""
        id_, claim = await ports.begin()
        ports.clock.advance(ANSWER_BY_S - 0.001)
        assert not await ports.watch.hold(claim.turn, reply("Please wait.", 4))
        ports.clock.advance(0.001)
        assert await ports.watch.hold(claim.turn, reply("Please wait.", 4))
        assert [role for _, role, _ in await ports.said(id_)] == ["customer", "agent"]

    async def test_a_human_is_not_talked_over(self, ports: StorePorts) -> None:
        """An overdue turn that a human took meanwhile gets no holding reply."""
        id_, _ = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        await ports.desk.take_over(id_, "op", "test")
        assert not await ports.watch.hold(late.turn, reply("Please wait.", 4))
        assert [role for _, role, _ in await ports.said(id_)] == ["customer"]

    async def test_what_will_be_resumed_is_in_no_doubt(self, ports: StorePorts) -> None:
        """An effect of an open turn is its next attempt's to settle."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        ports.clock.advance(LEASE_S)
        assert await ports.watch.doubt_abandoned() == 0
        (kept,) = (await ports.journal.load(await ports.claim(id_))).effects
        assert kept.state == "intended"
