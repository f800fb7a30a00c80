"""Sums over turns, and what is kept of them by the hour; run it on your store."""

import asyncio
from dataclasses import replace

import pytest

from mainstay.domain.hour import HOUR_MS, HourSums, empty_hour
from mainstay.domain.spend import Amount
from mainstay.domain.turn_sums import TurnSums
from mainstay.ports.journal import Ending
from mainstay.testing.store_conformance.ports import StorePorts, answered, reply

ANSWER_BY_S = 28
MANY = 1_000


async def all_since(ports: StorePorts, since_ms: int) -> TurnSums:
    """Return the sums from a moment until now."""
    now_ms = ports.clock.now_ms()
    return await ports.hours.sums(since_ms, now_ms + 1, MANY)


async def answer(ports: StorePorts, after_s: float, ending: Ending) -> None:
    """Have a turn answered so long after it was accepted."""
    _, claim = await ports.begin()
    ports.clock.advance(after_s)
    await ports.journal.finish(claim, ending)


def ended(hour: HourSums, turns: int) -> HourSums:
    """Return an hour that is counted to its end."""
    return replace(hour, turns=turns, until_ms=(hour.hour + 1) * HOUR_MS)


class HoursConformance:
    """The contract of ``ports.Hours``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_without_turns_there_are_no_sums(self, ports: StorePorts) -> None:
        """An empty store has none, and no hour is kept."""
        assert await all_since(ports, 0) == TurnSums()
        assert await ports.hours.newest() is None
        assert await ports.hours.read([1, 2]) == []

    async def test_answers_are_summed(self, ports: StorePorts) -> None:
        """By level and wait, with what they cost; level 4 is a failure."""
        began_ms = ports.clock.now_ms()
        await answer(ports, 0.5, replace(answered(), cost_usd=0.25))
        await answer(ports, 0.5, replace(answered(), cost_usd=0.5))
        await answer(ports, 2, answered(level=2))
        await answer(ports, 3, answered(level=4))
        sums = await all_since(ports, began_ms)
        assert (sums.turns, sums.failed, sums.usd) == (4, 1, 0.75)
        assert sums.levels == {0: 2, 2: 1, 4: 1}
        assert sums.waits == {50: 2, 200: 1, 300: 1}

    async def test_only_turns_of_the_span_count(self, ports: StorePorts) -> None:
        """By when they were accepted; from its beginning on, up to before its end."""
        began_ms = ports.clock.now_ms()
        for _ in range(3):
            await answer(ports, 1, answered())
        counted = await ports.hours.sums(began_ms + 1000, began_ms + 2000, MANY)
        assert counted.turns == 1
        assert (await all_since(ports, began_ms + 1001)).turns == 1
        assert (await all_since(ports, began_ms)).turns == 3

    async def test_the_newest_count_when_there_are_many(
        self, ports: StorePorts
    ) -> None:
        """No more of them than were asked for."""
        began_ms = ports.clock.now_ms()
        for level in (1, 0, 0):
            await answer(ports, 1, answered(level=level))
        now_ms = ports.clock.now_ms()
        sums = await ports.hours.sums(began_ms, now_ms, 2)
        assert (sums.turns, sums.levels) == (2, {0: 2})

    async def test_a_turn_counts_when_it_should_be_answered(
        self, ports: StorePorts
    ) -> None:
        """Not before; then as a failure, whose wait goes on."""
        began_ms = ports.clock.now_ms()
        await ports.begin()
        ports.clock.advance(ANSWER_BY_S - 0.001)
        assert (await all_since(ports, began_ms)).turns == 0
        ports.clock.advance(0.001)
        assert (await all_since(ports, began_ms)).failed == 1
        ports.clock.advance(2)
        sums = await all_since(ports, began_ms)
        assert (sums.turns, sums.waits) == (1, {3000: 1})

    async def test_a_holding_reply_is_a_failure(self, ports: StorePorts) -> None:
        """Its customer waited until it came, whatever comes later."""
        began_ms = ports.clock.now_ms()
        _, claim = await ports.begin()
        ports.clock.advance(ANSWER_BY_S)
        await ports.watch.hold(claim.turn, reply("Please wait.", 4))
        held = await all_since(ports, began_ms)
        ports.clock.advance(1)
        await ports.journal.finish(claim, answered())
        sums = await all_since(ports, began_ms)
        assert (held.failed, held.levels) == (1, {4: 1})
        assert (sums.failed, sums.levels) == (1, {0: 1})
        assert held.waits == sums.waits == {2800: 1}

    async def test_a_dead_turn_is_a_failure(self, ports: StorePorts) -> None:
        """Also when its end has a text."""
        began_ms = ports.clock.now_ms()
        await answer(ports, 1, Ending(reply("Sorry.", 4), "dead"))
        assert (await all_since(ports, began_ms)).failed == 1

    async def test_what_a_human_took_does_not_count(self, ports: StorePorts) -> None:
        """Neither for nor against the agent."""
        began_ms = ports.clock.now_ms()
        id_, _ = await ports.begin()
        await ports.desk.take_over(id_, "op", "test")
        ports.clock.advance(60)
        assert (await all_since(ports, began_ms)).turns == 0

    async def test_what_was_spent_does_not_count_twice(self, ports: StorePorts) -> None:
        """The sums read what turns cost, not what was spent by attempts."""
        began_ms = ports.clock.now_ms()
        paid = replace(answered(), cost_usd=0.5, spent=Amount(10, 0.5))
        await answer(ports, 1, paid)
        assert (await all_since(ports, began_ms)).usd == 0.5

    async def test_an_hour_is_kept_as_it_was(self, ports: StorePorts) -> None:
        """With every figure, until it is counted further."""
        hour = empty_hour(ports.clock.now_ms())
        sums = TurnSums(3, 1, {0: 2, 4: 1}, 0.75, {50: 2, 300: 1})
        half = hour.plus(sums, hour.until_ms + HOUR_MS // 2)
        assert await ports.hours.write(half, hour.until_ms)
        assert await ports.hours.read([hour.hour]) == [half]
        whole = half.plus(sums, hour.until_ms + HOUR_MS)
        assert await ports.hours.write(whole, half.until_ms)
        assert await ports.hours.newest() == whole

    async def test_what_was_added_is_added_once(self, ports: StorePorts) -> None:
        """Of eight who count the same, one is told that it was the first."""
        hour = empty_hour(ports.clock.now_ms())
        whole = ended(hour, 5)
        told = await asyncio.gather(
            *(ports.hours.write(whole, hour.until_ms) for _ in range(8))
        )
        assert sorted(told) == [False] * 7 + [True]
        assert not await ports.hours.write(ended(hour, 9), hour.until_ms)
        assert await ports.hours.read([hour.hour]) == [whole]

    async def test_an_hour_is_not_begun_in_its_middle(self, ports: StorePorts) -> None:
        """Who takes another's count for the present one writes nothing."""
        hour = empty_hour(ports.clock.now_ms())
        assert not await ports.hours.write(ended(hour, 5), hour.until_ms + 1)
        assert await ports.hours.newest() is None

    async def test_old_hours_are_dropped(self, ports: StorePorts) -> None:
        """Nine weeks are kept, those that were asked for are read, newest first."""
        now = empty_hour(ports.clock.now_ms())
        for weeks in (10, 9, 1, 0):
            past = empty_hour((now.hour - 168 * weeks) * HOUR_MS)
            assert await ports.hours.write(ended(past, weeks + 1), past.until_ms)
        asked = [now.hour - 168 * weeks for weeks in (9, 10, 1, 0)]
        kept = await ports.hours.read(asked)
        assert [hour.turns for hour in kept] == [1, 2, 10]
        assert [hour.turns for hour in await ports.hours.read(asked[2:])] == [1, 2]
