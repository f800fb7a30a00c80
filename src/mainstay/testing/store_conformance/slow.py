"""Which turns keep their customers waiting; run it on your store."""

import pytest

from mainstay.ports.journal import Ending
from mainstay.testing.store_conformance.ports import StorePorts, answered, reply

ANSWER_BY_S = 28
LATELY_S = 300
"""An ended turn is shown for so long."""


async def wait_and_say(ports: StorePorts, wait_s: float) -> str:
    """Say something in a new conversation, let time pass; return the turn."""
    turn_id = (await ports.say(await ports.open())).turn_id
    ports.clock.advance(wait_s)
    return turn_id


async def answer(ports: StorePorts, wait_s: float) -> str:
    """Answer a message after some time; return the turn."""
    conversation_id = await ports.open()
    await ports.say(conversation_id)
    ports.clock.advance(wait_s)
    claim = await ports.claim(conversation_id)
    await ports.journal.finish(claim, answered())
    return claim.turn.id


class SlowTurnsConformance:
    """The contract of ``ports.Conversations.slowest``."""

    pytestmark = pytest.mark.asyncio

    async def test_where_nothing_was_asked_nobody_waits(
        self, ports: StorePorts
    ) -> None:
        """An open conversation is no turn."""
        await ports.open()
        assert await ports.conversations.slowest(10) == []

    async def test_who_waits_longest_comes_first(self, ports: StorePorts) -> None:
        """Each with the time so far, and no more of them than asked for."""
        first, second = [await wait_and_say(ports, 2) for _ in range(2)]
        await wait_and_say(ports, 1)
        found = await ports.conversations.slowest(2)
        assert [(t.turn_id, t.state, t.waited_ms, t.level) for t in found] == [
            (first, "pending", 5000, None),
            (second, "pending", 3000, None),
        ]

    async def test_a_held_customer_still_waits(self, ports: StorePorts) -> None:
        """The holding reply is shown as what it is."""
        held = await wait_and_say(ports, ANSWER_BY_S)
        (late,) = await ports.watch.overdue(10)
        await ports.watch.hold(late.turn, reply("Please wait.", 4))
        silent = await wait_and_say(ports, 1)
        found = await ports.conversations.slowest(10)
        assert [(t.turn_id, t.held, t.level) for t in found] == [
            (held, True, 4),
            (silent, False, None),
        ]
        assert [t.turn_id for t in await ports.conversations.slowest(1)] == [held]

    async def test_what_ended_is_in_the_order_of_its_wait(
        self, ports: StorePorts
    ) -> None:
        """After the open ones; with state, level and attempts."""
        quick = await answer(ports, 1)
        slow = await answer(ports, 9)
        running, claim = await ports.begin()
        dead = Ending(reply("Sorry.", 4), "dead", escalate="gave up")
        ports.clock.advance(3)
        await ports.journal.finish(claim, dead)
        await ports.say(running)
        claim = await ports.claim(running)
        found = await ports.conversations.slowest(10)
        assert [(t.state, t.attempt, t.level, t.waited_ms) for t in found] == [
            ("running", 1, None, 0),
            ("answered", 1, 0, 9000),
            ("dead", 1, 4, 3000),
            ("answered", 1, 0, 1000),
        ]
        assert (found[0].turn_id, found[0].conversation_id) == (claim.turn.id, running)
        assert (found[1].turn_id, found[3].turn_id) == (slow, quick)
        assert [t.turn_id for t in await ports.conversations.slowest(1)] == [
            claim.turn.id,
            slow,
        ]

    async def test_what_ended_is_soon_forgotten(self, ports: StorePorts) -> None:
        """It is of no use to those who look at what happens now."""
        turn_id = await answer(ports, 4)
        ports.clock.advance(LATELY_S - 1)
        (found,) = await ports.conversations.slowest(10)
        assert (found.turn_id, found.waited_ms) == (turn_id, 4000)
        ports.clock.advance(1)
        assert await ports.conversations.slowest(10) == []
