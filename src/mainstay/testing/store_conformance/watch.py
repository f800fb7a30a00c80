"""The watchdog: who answers for the dead, and that it happens once."""

import asyncio

import pytest

from mainstay.ports.journal import EffectChange, Entry
from mainstay.testing.store_conformance.ports import (
    LEASE_S,
    StorePorts,
    answered,
    effect,
    reply,
)

ANSWER_BY_S = 28


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
