"""What accept must remember, and what it must not; run it on your store.

Give ``AcceptConformance`` the same ``ports`` fixture as the suites in
``store_conformance``.
"""

from dataclasses import replace

import pytest

from mainstay.ports.inbox import Accepted, KeyReused
from mainstay.ports.journal import Approval, Ending
from mainstay.testing.store_conformance.ports import (
    StorePorts,
    answered,
    message,
    reply,
)

DAY_S = 24 * 3600
ANSWER_BY_S = 28


class AcceptConformance:
    """The exact edges of ``ports.Inbox``."""

    pytestmark = pytest.mark.asyncio

    async def test_a_replay_is_the_first_answer(self, ports: StorePorts) -> None:
        """The original ids come back, also when the turn is long over."""
        id_ = await ports.open()
        new = message(id_, "Hi", "key:1")
        first = await ports.inbox.accept(new)
        await ports.journal.finish(await ports.claim(id_), answered())
        before = await ports.events(id_), await ports.schedule.stats()
        again = await ports.inbox.accept(new)
        assert isinstance(first, Accepted)
        assert again == Accepted(first.message_id, first.seq, first.turn_id, True)
        assert (await ports.events(id_), await ports.schedule.stats()) == before
        assert await ports.leases.claim([id_], "one") == []

    async def test_either_of_two_keys_replays(self, ports: StorePorts) -> None:
        """A message that came with two keys is known by each alone."""
        id_ = await ports.open()
        first = await ports.inbox.accept(message(id_, "Hi", "key:1", "client:1"))
        assert isinstance(first, Accepted)
        for keys in (("key:1",), ("client:1",), ("key:2", "client:1")):
            again = await ports.inbox.accept(message(id_, "Hi", *keys))
            assert isinstance(again, Accepted)
            assert (again.message_id, again.replayed) == (first.message_id, True)
        assert len(await ports.said(id_)) == 1

    async def test_either_of_two_keys_conflicts(self, ports: StorePorts) -> None:
        """The key that came with another body is the one named; nothing is stored."""
        id_ = await ports.open()
        await ports.inbox.accept(message(id_, "Hi", "client:1"))
        events = await ports.events(id_)
        other = await ports.inbox.accept(message(id_, "Ho", "key:9", "client:1"))
        assert other == KeyReused("client:1")
        assert await ports.events(id_) == events
        free = await ports.inbox.accept(message(id_, "Ho", "key:9"))
        assert isinstance(free, Accepted)
        assert not free.replayed

    async def test_a_replay_can_be_looked_up(self, ports: StorePorts) -> None:
        """Without writing: the same ids, the same conflict; nothing of what is new."""
        id_ = await ports.open()
        new = message(id_, "Hi", "key:1", "client:1")
        assert await ports.inbox.replay(new) is None
        first = await ports.inbox.accept(new)
        assert isinstance(first, Accepted)
        before = await ports.events(id_)
        known = Accepted(first.message_id, first.seq, first.turn_id, True)
        for keys in (("key:1",), ("client:1",), ("key:2", "client:1")):
            assert await ports.inbox.replay(message(id_, "Hi", *keys)) == known
        other = message(id_, "Ho", "key:9", "client:1")
        assert await ports.inbox.replay(other) == KeyReused("client:1")
        assert await ports.inbox.replay(message(id_, "Hi")) is None
        elsewhere = message(await ports.open(), "Hi", "key:1")
        assert await ports.inbox.replay(elsewhere) is None
        assert await ports.inbox.replay(replace(new, customer_id="mallory")) is None
        assert await ports.events(id_) == before
        ports.clock.advance(DAY_S - 0.001)
        assert await ports.inbox.replay(new) == known
        ports.clock.advance(0.001)
        assert await ports.inbox.replay(new) is None

    async def test_a_key_lasts_a_day_to_the_millisecond(
        self, ports: StorePorts
    ) -> None:
        """After that it is new, even when nobody has swept, and with another body."""
        id_ = await ports.open()
        await ports.inbox.accept(message(id_, "Hi", "key:1"))
        ports.clock.advance(DAY_S - 0.001)
        other = await ports.inbox.accept(message(id_, "Ho", "key:1"))
        assert other == KeyReused("key:1")
        ports.clock.advance(0.001)
        later = await ports.inbox.accept(message(id_, "Ho", "key:1"))
        assert isinstance(later, Accepted)
        assert not later.replayed
        again = await ports.inbox.accept(message(id_, "Ho", "key:1"))
        assert isinstance(again, Accepted)
        assert again.message_id == later.message_id

    async def test_a_sweep_leaves_what_still_holds(self, ports: StorePorts) -> None:
        """Only keys past their time are dropped."""
        id_ = await ports.open()
        await ports.inbox.accept(message(id_, "Hi", "key:old"))
        ports.clock.advance(DAY_S - 1)
        await ports.inbox.accept(message(id_, "Ho", "key:new"))
        ports.clock.advance(1)
        await ports.watch.forget()
        old = await ports.inbox.accept(message(id_, "Hi", "key:old"))
        new = await ports.inbox.accept(message(id_, "Ho", "key:new"))
        assert isinstance(old, Accepted)
        assert isinstance(new, Accepted)
        assert (old.replayed, new.replayed) == (False, True)

    async def test_a_burst_does_not_join_a_held_turn(self, ports: StorePorts) -> None:
        """What came after the holding reply waits for its own answer."""
        id_ = await ports.open()
        first = await ports.say(id_)
        ports.clock.advance(ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        assert await ports.watch.hold(late.turn, reply("Please wait.", 4))
        assert (await ports.say(id_, "Well?")).turn_id != first.turn_id
        claim = await ports.claim(id_)
        assert (claim.turn.id, claim.turn.last_seq) == (first.turn_id, 1)

    async def test_a_burst_does_not_join_a_decision(self, ports: StorePorts) -> None:
        """The turn that carries an approval out does nothing else."""
        id_, claim = await ports.begin()
        asked = Approval("appr_1", id_, claim.turn.id, "pay", {"n": 5}, "k1", "waiting")
        ending = Ending(reply("I have asked."), "waiting_approval", approvals=[asked])
        await ports.journal.finish(claim, ending)
        await ports.desk.decide("appr_1", "op", "approve")
        more = await ports.say(id_, "And?")
        carrying = await ports.claim(id_)
        assert carrying.turn.approval_id == "appr_1"
        assert more.turn_id != carrying.turn.id
        await ports.journal.finish(carrying, answered("Paid."))
        assert (await ports.claim(id_)).turn.id == more.turn_id

    async def test_a_new_message_waits_for_no_backoff(self, ports: StorePorts) -> None:
        """It is due at once, behind a turn that was put off, which comes first."""
        id_, claim = await ports.begin()
        await ports.journal.postpone(claim, 60, orderly=True)
        assert await ports.schedule.take(10, 0) == []
        await ports.say(id_, "Hello?")
        assert await ports.schedule.take(10, 0) == [id_]
        assert (await ports.claim(id_)).turn.id == claim.turn.id

    async def test_a_humans_conversation_is_never_due(self, ports: StorePorts) -> None:
        """Neither by what waited nor by what is said while the human owns it."""
        id_ = await ports.open()
        await ports.say(id_)
        await ports.desk.take_over(id_, "op", "test")
        assert await ports.schedule.take(10, 0) == []
        await ports.say(id_, "Hello?")
        assert await ports.schedule.take(10, 0) == []
        assert await ports.leases.claim([id_], "one") == []
        assert (await ports.schedule.stats()).ready == 0

    async def test_turns_wait_for_their_conversation_only(
        self, ports: StorePorts
    ) -> None:
        """One conversation works on one turn; others go on beside it."""
        id_, claim = await ports.begin()
        await ports.say(id_, "Second")
        other, _ = await ports.begin()
        assert other != id_
        assert await ports.leases.claim([id_], "two") == []
        await ports.journal.finish(claim, answered("First."))
        second = await ports.claim(id_, "two")
        await ports.journal.finish(second, answered("Second."))
        assert [text for _, role, text in await ports.said(id_) if role == "agent"] == [
            "First.",
            "Second.",
        ]

    async def test_what_is_worked_on_is_not_due(self, ports: StorePorts) -> None:
        """A leased conversation is not received beside others, whatever is said."""
        id_, _ = await ports.begin()
        await ports.say(id_, "Well?")
        due = await ports.open()
        await ports.say(due)
        assert await ports.schedule.take(10, 0) == [due]

    async def test_what_nobody_took_is_not_given_back(self, ports: StorePorts) -> None:
        """A wake that is late hides nothing that others may receive."""
        id_ = await ports.open()
        await ports.say(id_)
        await ports.schedule.give_back([id_], 60_000)
        assert await ports.schedule.take(10, 0) == [id_]
