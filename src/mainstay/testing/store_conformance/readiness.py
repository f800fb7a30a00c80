"""Orders, members, records, and what customers lived through; run it on your store."""

import asyncio

import pytest

from mainstay.domain.order import MAX_HELD_S, Order
from mainstay.domain.record import KEPT, Record
from mainstay.ports.hearing import Heard
from mainstay.ports.members import Member
from mainstay.testing.store_conformance.ports import StorePorts, answered, reply

OUTAGE = Order("claude-outage")
SPIKE = Order("cost-spike", "", 20.0)
OURS, THEIRS = Order("drill", "ours"), Order("drill", "theirs")


def record(n: int, at_ms: int = 5) -> Record:
    """Return a record whose identity sorts by ``n``."""
    return Record(f"rec_{n:06}", "drill", "worker-loss", n % 2 == 0, at_ms, f"{n}")


class OrdersConformance:
    """The contract of ``ports.Orders``."""

    pytestmark = pytest.mark.asyncio

    async def test_at_first_nobody_has_said_anything(self, ports: StorePorts) -> None:
        """A fresh store has no orders."""
        assert await ports.orders.standing() == []

    async def test_an_order_ends_by_itself(self, ports: StorePorts) -> None:
        """By the store's clock, whatever becomes of who gave it."""
        await ports.orders.hold(OUTAGE, 6)
        ports.clock.advance(4)
        [one] = await ports.orders.standing()
        assert (one.order, one.for_s) == (OUTAGE, pytest.approx(2))
        ports.clock.advance(2)
        assert await ports.orders.standing() == []

    async def test_said_again_it_holds_on(self, ports: StorePorts) -> None:
        """One of a kind at a time: the last word counts."""
        await ports.orders.hold(SPIKE, 6)
        ports.clock.advance(4)
        await ports.orders.hold(Order("cost-spike", "", 3.0), 6)
        ports.clock.advance(4)
        [one] = await ports.orders.standing()
        assert (one.order.factor, one.for_s) == (3.0, pytest.approx(2))

    async def test_kinds_hold_beside_each_other(self, ports: StorePorts) -> None:
        """Lifting one leaves the other."""
        await ports.orders.hold(OUTAGE, 6)
        await ports.orders.hold(SPIKE, 6)
        await ports.orders.lift(OUTAGE)
        await ports.orders.lift(Order("queue-stall"))
        assert [one.order for one in await ports.orders.standing()] == [SPIKE]

    async def test_nobody_lifts_what_another_holds(self, ports: StorePorts) -> None:
        """It may have taken the place of his own, which had ended."""
        await ports.orders.hold(THEIRS, 6)
        await ports.orders.lift(OURS)
        assert [one.order for one in await ports.orders.standing()] == [THEIRS]

    async def test_what_another_holds_is_not_taken(self, ports: StorePorts) -> None:
        """Until it ends; who has it may take it again, and so hold on."""
        assert await ports.orders.take(OURS, 6)
        ports.clock.advance(4)
        assert not await ports.orders.take(THEIRS, 6)
        assert await ports.orders.take(OURS, 6)
        ports.clock.advance(4)
        [one] = await ports.orders.standing()
        assert (one.order, one.for_s) == (OURS, pytest.approx(2))
        ports.clock.advance(2)
        assert await ports.orders.take(THEIRS, 6)
        assert not await ports.orders.take(OURS, 6)

    async def test_of_many_who_take_at_once_one_has_it(self, ports: StorePorts) -> None:
        """There is no time between looking and taking."""
        rivals = [Order("drill", f"{n}") for n in range(8)]
        taken = await asyncio.gather(*(ports.orders.take(one, 6) for one in rivals))
        [one] = await ports.orders.standing()
        assert [r for r, has in zip(rivals, taken, strict=True) if has] == [one.order]

    async def test_nobody_can_give_an_order_for_long(self, ports: StorePorts) -> None:
        """It would hold on after its driller has died."""
        with pytest.raises(ValueError, match="60 s at most"):
            await ports.orders.hold(OUTAGE, MAX_HELD_S + 1)
        with pytest.raises(ValueError, match="60 s at most"):
            await ports.orders.take(OURS, MAX_HELD_S + 1)


class MembersConformance:
    """The contract of ``ports.Members``."""

    pytestmark = pytest.mark.asyncio

    async def test_who_is_enlisted_is_known(self, ports: StorePorts) -> None:
        """With its address from when it tells it on."""
        await ports.leases.enlist("one", "1", "gateway+worker")
        assert await ports.members.all() == [Member("one", "gateway+worker", "")]
        await ports.pages.publish("one", "a:1")
        await ports.pages.publish("one", "a:2")
        [one] = await ports.members.all()
        assert (one.address, one.roles) == ("http://a:2", {"gateway", "worker"})

    async def test_who_is_buried_is_not(self, ports: StorePorts) -> None:
        """Also when its address is not forgotten yet."""
        await ports.leases.enlist("one", "1", "worker")
        await ports.pages.publish("one", "a:1")
        await ports.leases.bury("one")
        assert await ports.members.all() == []

    async def test_the_first_answer_to_a_call_stays(self, ports: StorePorts) -> None:
        """Nobody has answered before."""
        assert await ports.members.answered("call") is None
        await ports.members.answer("call", "one")
        await ports.members.answer("call", "two")
        assert await ports.members.answered("call") == "one"

    async def test_answers_are_forgotten(self, ports: StorePorts) -> None:
        """After an hour, when another call is answered."""
        await ports.members.answer("old", "one")
        ports.clock.advance(3600)
        await ports.members.answer("new", "one")
        assert await ports.members.answered("old") is None
        assert await ports.members.answered("new") == "one"


class RecordsConformance:
    """The contract of ``ports.Records``."""

    pytestmark = pytest.mark.asyncio

    async def test_the_newest_comes_first(self, ports: StorePorts) -> None:
        """As many as were asked for, of the kind that was."""
        other = Record("rec_9", "checklist", "here", True, 7, "{}")
        for one in (record(1), record(3), record(2), other):
            await ports.records.add(one)
        assert await ports.records.newest("drill", 2) == [record(3), record(2)]
        assert await ports.records.newest("checklist", 2) == [other]

    async def test_what_is_written_stays_as_it_is(self, ports: StorePorts) -> None:
        """A record cannot be made better afterwards."""
        await ports.records.add(record(1))
        await ports.records.add(Record("rec_000001", "drill", "x", True, 9, "better"))
        assert await ports.records.newest("drill", 9) == [record(1)]

    async def test_old_ones_go(self, ports: StorePorts) -> None:
        """The store keeps so many of a kind."""
        for n in range(KEPT + 2):
            await ports.records.add(record(n))
        kept = await ports.records.newest("drill", KEPT + 9)
        assert (len(kept), kept[-1].text) == (KEPT, "2")


class HearingConformance:
    """The contract of ``ports.Hearing``."""

    pytestmark = pytest.mark.asyncio

    async def test_an_answer_is_heard_when_it_is_out(self, ports: StorePorts) -> None:
        """With the level that it has."""
        _, claim = await ports.begin()
        at_ms = ports.clock.now_ms()
        assert await ports.hearing.since(at_ms, 9) == [
            Heard(at_ms, None, None, held=False)
        ]
        ports.clock.advance(3)
        await ports.journal.finish(claim, answered(level=2))
        assert await ports.hearing.since(at_ms, 9) == [
            Heard(at_ms, at_ms + 3000, 2, held=False)
        ]

    async def test_a_holding_reply_is_a_word(self, ports: StorePorts) -> None:
        """The customer has heard; the answer that follows has its own level."""
        _, claim = await ports.begin()
        at_ms = ports.clock.now_ms()
        ports.clock.advance(28)
        await ports.watch.hold(claim.turn, reply("Please wait.", 4))
        [one] = await ports.hearing.since(at_ms, 9)
        assert one == Heard(at_ms, at_ms + 28_000, 4, held=True)

    async def test_it_goes_by_the_clock_of_the_store(self, ports: StorePorts) -> None:
        """A driller's own may be another."""
        ports.clock.advance(7)
        assert await ports.hearing.now_ms() == ports.clock.now_ms()

    async def test_a_human_is_not_measured(self, ports: StorePorts) -> None:
        """What he owns he answers in his own time."""
        id_ = await ports.open()
        await ports.desk.take_over(id_, "op", "test")
        await ports.say(id_)
        assert await ports.hearing.since(0, 9) == []

    async def test_only_what_was_accepted_since(self, ports: StorePorts) -> None:
        """Oldest first, no more than asked for."""
        id_ = await ports.open()
        await ports.say(id_)
        ports.clock.advance(1)
        since_ms = ports.clock.now_ms()
        for _ in range(3):
            await ports.say(await ports.open())
            ports.clock.advance(1)
        found = await ports.hearing.since(since_ms, 2)
        assert [one.accepted_at_ms for one in found] == [since_ms, since_ms + 1000]
