"""How the store stands: what waits for a human, in figures."""

import pytest

from mainstay.ports.journal import EffectChange, Entry
from mainstay.ports.standing import Standing
from mainstay.testing.store_conformance.ports import (
    StorePorts,
    answered,
    effect,
    reply,
)

ANSWER_BY_S = 28


class StandingConformance:
    """The contract of ``ports.Standings``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_nothing_waits_in_a_fresh_store(self, ports: StorePorts) -> None:
        """All figures are 0."""
        await ports.begin()
        assert await ports.standings.look() == Standing(0, 0.0, 0)

    async def test_the_oldest_open_item_has_an_age(self, ports: StorePorts) -> None:
        """By the store's clock, until a human has taken over and handed back."""
        first, _ = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        for late in await ports.watch.overdue(10):
            await ports.watch.hold(late.turn, reply("Please wait.", 4))
        ports.clock.advance(5)
        assert await ports.standings.look() == Standing(1, 5.0, 0)
        await ports.desk.take_over(first, "key_ops", "late")
        await ports.desk.hand_back(first, "key_ops")
        assert await ports.standings.look() == Standing(0, 0.0, 0)

    async def test_an_effect_in_doubt_counts_until_it_is_settled(
        self, ports: StorePorts
    ) -> None:
        """From the commit that tells of it until the conversation is handed back."""
        id_, claim = await ports.begin()
        await ports.journal.append(claim, Entry(intended=[effect(claim, "k1")]))
        doubt = EffectChange("k1", "unknown", "nobody knows")
        await ports.journal.append(claim, Entry(changed=[doubt]))
        await ports.journal.finish(claim, answered())
        assert (await ports.standings.look()).in_doubt == 1
        await ports.desk.take_over(id_, "key_ops", "to look")
        await ports.desk.hand_back(id_, "key_ops")
        assert (await ports.standings.look()).in_doubt == 0
