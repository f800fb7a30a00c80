"""What is counted of what turns cost, and when; run it on your store."""

import asyncio

import pytest

from mainstay.domain.errors import Conflict, LeaseLost, TakenOver
from mainstay.domain.spend import NOTHING, Amount, Spent
from mainstay.domain.turn import Claim
from mainstay.ports.journal import Ending, Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    reply,
    thought,
)

ONE, TWO = Amount(100, 0.25), Amount(1000, 0.5)
BOTH = Amount(1100, 0.75)
DAY_S = 86_400
ANSWER_BY_S = 28


def paid(spent: Amount = ONE) -> Ending:
    """Return the end of a turn that cost something."""
    return Ending(reply(), "answered", spent=spent)


async def again(ports: StorePorts, conversation_id: str) -> Claim:
    """Say something more, and claim it."""
    await ports.say(conversation_id)
    return await ports.claim(conversation_id)


def set_time(ports: StorePorts, now_ms: int) -> None:
    """Set the store's clock, also back."""
    ports.clock.set_wall_ms(now_ms)
    ports.clock.advance(0)


async def seen(ports: StorePorts, claim: Claim) -> Spent:
    """Return what a turn is told when it begins."""
    return (await ports.journal.load(claim)).spent


class SpendConformance:
    """The contract of ``ports.Spend``, and what ``ports.Journal`` counts."""

    pytestmark = pytest.mark.asyncio

    async def test_at_first_nothing_is_spent(self, ports: StorePorts) -> None:
        """Nobody pays for what did not happen."""
        _, claim = await ports.begin()
        assert await seen(ports, claim) == Spent()
        today = await ports.spend.today(10)
        assert (today.day, today.total, today.customers) == ("2023-11-14", NOTHING, {})

    async def test_the_end_of_a_turn_counts_for_all_three(
        self, ports: StorePorts
    ) -> None:
        """Conversation, customer and day; the next turn is told of it."""
        id_, claim = await ports.begin()
        await ports.journal.finish(claim, paid(ONE))
        claim = await again(ports, id_)
        assert await seen(ports, claim) == Spent(ONE, ONE, ONE)
        await ports.journal.finish(claim, paid(TWO))
        claim = await again(ports, id_)
        assert await seen(ports, claim) == Spent(BOTH, BOTH, BOTH)

    async def test_each_has_a_sum_of_its_own(self, ports: StorePorts) -> None:
        """Another conversation shares the customer's, another customer the day's."""
        id_, claim = await ports.begin()
        await ports.journal.finish(claim, paid(ONE))
        claim = await again(ports, await ports.open("ada"))
        assert await seen(ports, claim) == Spent(ONE, NOTHING, ONE)
        await ports.journal.finish(claim, paid(TWO))
        claim = await again(ports, await ports.open("bob"))
        assert await seen(ports, claim) == Spent(NOTHING, NOTHING, BOTH)
        assert await seen(ports, await again(ports, id_)) == Spent(BOTH, ONE, BOTH)

    async def test_a_turn_without_a_model_costs_nothing(
        self, ports: StorePorts
    ) -> None:
        """It leaves no sum behind."""
        _, claim = await ports.begin()
        await ports.journal.finish(claim, answered(level=4))
        assert (await ports.spend.today(10)).customers == {}

    async def test_an_attempt_that_is_put_off_has_its_price(
        self, ports: StorePorts
    ) -> None:
        """What failed calls cost is counted when their attempt ends."""
        id_, claim = await ports.begin()
        await ports.journal.postpone(claim, 0, orderly=True, spent=ONE)
        assert await seen(ports, await ports.claim(id_)) == Spent(ONE, ONE, ONE)

    async def test_an_old_holder_counts_nothing(self, ports: StorePorts) -> None:
        """Who took over its turn pays for it; a repeated end is refused too."""
        id_, old = await ports.begin()
        ports.clock.advance(LEASE_S)
        claim = await ports.claim(id_, "two")
        for late in (
            ports.journal.finish(old, paid()),
            ports.journal.postpone(old, 0, orderly=True, spent=ONE),
        ):
            with pytest.raises(LeaseLost):
                await late
        await ports.journal.finish(claim, paid(TWO))
        with pytest.raises(LeaseLost):
            await ports.journal.finish(claim, paid(TWO))
        assert (await ports.spend.today(10)).total == TWO

    async def test_a_human_who_takes_over_saves_no_money(
        self, ports: StorePorts
    ) -> None:
        """The reply is refused; what it cost was spent, and counts once."""
        id_, claim = await ports.begin()
        await ports.desk.take_over(id_, "op", "test")
        with pytest.raises(TakenOver):
            await ports.journal.finish(claim, paid())
        with pytest.raises(LeaseLost):
            await ports.journal.finish(claim, paid())
        assert (await ports.spend.today(10)).total == ONE

    async def test_an_end_that_came_too_late_counts_too(
        self, ports: StorePorts
    ) -> None:
        """The holding reply was quicker; the calls had been made."""
        _, claim = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        await ports.watch.hold(claim.turn, reply("Please wait.", 4))
        ending = Ending(reply("Sorry.", 4), "answered", spent=ONE)
        with pytest.raises(Conflict):
            await ports.journal.finish(claim, ending)
        assert (await ports.spend.today(10)).total == ONE

    async def test_a_hand_back_empties_the_conversation(
        self, ports: StorePorts
    ) -> None:
        """A human wants the AI to go on; customer and day keep their sums."""
        id_, claim = await ports.begin()
        await ports.journal.finish(claim, paid())
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        claim = await again(ports, id_)
        assert await seen(ports, claim) == Spent(ONE, NOTHING, ONE)

    async def test_a_new_day_begins_at_midnight_utc(self, ports: StorePorts) -> None:
        """By the store's clock; a conversation's sum knows no days."""
        id_, claim = await ports.begin()
        await ports.journal.finish(claim, paid())
        to_midnight_s = DAY_S - ports.clock.now_ms() // 1000 % DAY_S
        ports.clock.advance(to_midnight_s - 1)
        assert (await ports.spend.today(10)).day == "2023-11-14"
        assert await seen(ports, await again(ports, id_)) == Spent(ONE, ONE, ONE)
        ports.clock.advance(LEASE_S)
        claim = await ports.claim(id_)
        assert await seen(ports, claim) == Spent(NOTHING, ONE, NOTHING)
        await ports.journal.finish(claim, paid(TWO))
        today = await ports.spend.today(10)
        assert (today.day, today.customers) == ("2023-11-15", {"ada": TWO})

    async def test_old_days_are_dropped(self, ports: StorePorts) -> None:
        """Yesterday's sums stay: a clock may be behind; those before it go."""
        began_ms = ports.clock.now_ms()
        _, claim = await ports.begin()
        await ports.journal.finish(claim, paid())
        for days, left in ((1, ONE), (2, NOTHING)):
            set_time(ports, began_ms + days * DAY_S * 1000)
            await ports.watch.forget()
            set_time(ports, began_ms)
            assert (await ports.spend.today(10)).total == left

    async def test_the_dearest_customers_come_first(self, ports: StorePorts) -> None:
        """No more of them than were asked for; the total has them all."""
        for n, name in enumerate(("ada", "bob", "eve")):
            claim = await again(ports, await ports.open(name))
            await ports.journal.finish(claim, paid(Amount(10, (n + 1) / 4)))
        today = await ports.spend.today(2)
        assert list(today.customers.items()) == [
            ("eve", Amount(10, 0.75)),
            ("bob", Amount(10, 0.5)),
        ]
        assert today.total == Amount(30, 1.5)

    async def test_none_is_lost_among_many(self, ports: StorePorts) -> None:
        """Ends that share a commit, a customer and a day are all counted."""
        names = ["ada", "bob", "ada", "eve"] * 5
        opened = [await ports.open(name) for name in names]
        for id_ in opened:
            await ports.say(id_)
        claims = await ports.leases.claim(opened, "one")
        await asyncio.gather(*(ports.journal.finish(c, paid()) for c in claims))
        today = await ports.spend.today(10)
        assert today.total == Amount(2000, 5.0)
        assert today.customers["ada"] == Amount(1000, 2.5)

    async def test_what_broke_off_is_still_to_be_counted(
        self, ports: StorePorts
    ) -> None:
        """A new attempt is told which steps no attempt's end has counted."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry([thought("one")]))
        await ports.journal.postpone(claim, 0, orderly=True, spent=ONE)
        claim = await ports.claim(id_)
        assert (await ports.journal.load(claim)).uncounted == 0
        await ports.journal.append(claim, Entry([thought("two"), thought("three")]))
        ports.clock.advance(LEASE_S)
        record = await ports.journal.load(await ports.claim(id_))
        assert (len(record.steps), record.uncounted) == (3, 2)

    async def test_a_drain_does_not_count(self, ports: StorePorts) -> None:
        """A turn that is given back still owes what its attempts spent until then."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry([thought("one")]))
        ports.clock.advance(LEASE_S)
        claim = await ports.claim(id_)
        await ports.journal.append(claim, Entry([thought("two")]))
        await ports.leases.release(claim.lease)
        record = await ports.journal.load(await ports.claim(id_))
        assert (len(record.steps), record.uncounted) == (2, 2)

    async def test_one_item_is_enough(self, ports: StorePorts) -> None:
        """A conversation waits once for one reason, until a human gave it back."""
        id_, claim = await ports.begin()
        for cause in ("a limit", "a limit", "another"):
            ending = Ending(
                reply("Sorry.", 4), "answered", escalate=cause, escalate_once=True
            )
            await ports.journal.finish(claim, ending)
            claim = await again(ports, id_)
        assert [e.cause for e in await ports.desk.escalations()] == [
            "a limit",
            "another",
        ]
        await ports.desk.take_over(id_, "op", "test")
        await ports.desk.hand_back(id_, "op")
        claim = await ports.claim(id_)
        ending = Ending(
            reply("Sorry.", 4), "answered", escalate="a limit", escalate_once=True
        )
        await ports.journal.finish(claim, ending)
        assert len(await ports.desk.escalations()) == 1
