"""The inbox: accept is exact, whatever comes twice."""

import asyncio

import pytest

from mainstay.ports.inbox import Accepted, KeyReused, NoConversation
from mainstay.testing.store_conformance.ports import StorePorts, answered, message

DAY_S = 24 * 3600


class InboxConformance:
    """The contract of ``ports.Inbox``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_what_was_accepted_can_be_read(self, ports: StorePorts) -> None:
        """Message, turn and events are there when accept returns."""
        id_ = await ports.open()
        accepted = await ports.say(id_, "Hello")
        assert await ports.said(id_) == [(1, "customer", "Hello")]
        view = await ports.turn(accepted.turn_id)
        assert (view.state, view.customer_id, view.reply) == ("pending", "ada", None)
        kinds = [e.kind for e in await ports.conversations.events(id_, 0, 10)]
        assert kinds == ["message", "turn"]

    async def test_numbers_have_no_gaps(self, ports: StorePorts) -> None:
        """Messages and events of a conversation count 1, 2, 3, also under a crowd."""
        id_ = await ports.open()
        await asyncio.gather(*(ports.say(id_, f"n {n}") for n in range(20)))
        assert [seq for seq, _, _ in await ports.said(id_)] == list(range(1, 21))
        assert await ports.events(id_) == list(range(1, 41))

    async def test_a_burst_is_one_turn(self, ports: StorePorts) -> None:
        """A message joins the waiting turn as long as nobody claimed it."""
        id_ = await ports.open()
        first, second = await ports.say(id_), await ports.say(id_, "And")
        assert first.turn_id == second.turn_id
        claim = await ports.claim(id_)
        assert (claim.turn.first_seq, claim.turn.last_seq) == (1, 2)
        third = await ports.say(id_, "Oh")
        assert third.turn_id != first.turn_id

    async def test_a_message_does_not_join_what_was_tried(
        self, ports: StorePorts
    ) -> None:
        """A turn that is put off keeps its words; more words wait for the next."""
        id_, claim = await ports.begin()
        await ports.journal.postpone(claim, 0, orderly=True)
        assert (await ports.say(id_, "More")).turn_id != claim.turn.id

    async def test_a_key_brings_the_first_answer_back(self, ports: StorePorts) -> None:
        """The same key and body store nothing, a crowd of them once."""
        id_ = await ports.open()
        new = message(id_, "Hi", "key:1")
        outcomes = await asyncio.gather(*(ports.inbox.accept(new) for _ in range(8)))
        firsts = [o for o in outcomes if isinstance(o, Accepted) and not o.replayed]
        assert len(firsts) == 1
        assert {o.message_id for o in outcomes if isinstance(o, Accepted)} == {
            firsts[0].message_id
        }
        assert len(await ports.said(id_)) == 1

    async def test_a_key_with_another_body_is_a_conflict(
        self, ports: StorePorts
    ) -> None:
        """It names the key and stores nothing."""
        id_ = await ports.open()
        await ports.inbox.accept(message(id_, "Hi", "key:1"))
        other = await ports.inbox.accept(message(id_, "Ho", "key:1"))
        assert other == KeyReused("key:1")
        assert len(await ports.said(id_)) == 1

    async def test_keys_belong_to_their_conversation(self, ports: StorePorts) -> None:
        """The same key elsewhere is another message."""
        one, two = await ports.open(), await ports.open()
        first = await ports.inbox.accept(message(one, "Hi", "key:1"))
        second = await ports.inbox.accept(message(two, "Hi", "key:1"))
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert not second.replayed

    async def test_a_key_is_forgotten_after_a_day(self, ports: StorePorts) -> None:
        """Just before it still holds; then it is free, swept or not."""
        id_ = await ports.open()
        new = message(id_, "Hi", "key:1")
        await ports.inbox.accept(new)
        ports.clock.advance(DAY_S - 1)
        again = await ports.inbox.accept(new)
        ports.clock.advance(1)
        await ports.watch.forget()
        later = await ports.inbox.accept(new)
        assert isinstance(again, Accepted)
        assert again.replayed
        assert isinstance(later, Accepted)
        assert not later.replayed

    async def test_others_find_no_conversation(self, ports: StorePorts) -> None:
        """A customer's credentials reach their own conversations only."""
        id_ = await ports.open("ada")
        bob = await ports.inbox.accept(message(id_, "Hi", customer_id="bob"))
        ada = await ports.inbox.accept(message(id_, "Hi", customer_id="ada"))
        nowhere = await ports.inbox.accept(message("conv_none", "Hi"))
        assert (bob, nowhere) == (NoConversation(), NoConversation())
        assert isinstance(ada, Accepted)
        assert len(await ports.said(id_)) == 1

    async def test_a_human_gets_the_words_at_once(self, ports: StorePorts) -> None:
        """While a human owns the conversation its turns are handed off, not due."""
        id_ = await ports.open()
        await ports.desk.take_over(id_, "op", "test")
        accepted = await ports.say(id_)
        assert (await ports.turn(accepted.turn_id)).state == "handed_off"
        assert await ports.leases.claim([id_], "one") == []

    async def test_a_message_during_a_turn_is_due_after_it(
        self, ports: StorePorts
    ) -> None:
        """The end of a turn leaves the conversation due when more was said."""
        id_, claim = await ports.begin()
        await ports.say(id_, "And another thing")
        assert await ports.schedule.take(10, 0) == []
        await ports.journal.finish(claim, answered())
        assert await ports.schedule.take(10, 0) == [id_]
        second = await ports.claim(id_)
        assert (second.turn.first_seq, second.turn.last_seq) == (2, 2)
