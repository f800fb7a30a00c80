"""Hours are counted once, to the end, and compared."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conformance.sqlite_ports import empty, opened

from mainstay.domain.hour import HOUR_MS, HourSums, empty_hour
from mainstay.domain.turn_sums import TurnSums
from mainstay.monitoring.health.hour_book import HourBook, newest_judged
from mainstay.ports.telemetry import AnomalyChanged
from mainstay.testing.clock import ManualClock
from mainstay.testing.store_conformance.ports import StorePorts, answered
from mainstay.testing.world import Notes

BEGAN_MS = 1_700_002_800_000 // HOUR_MS * HOUR_MS
SLICE_S = 300


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[StorePorts]:
    """Give a store at the beginning of an hour."""
    with opened(empty(tmp_path / "s.db"), ManualClock(BEGAN_MS)) as fresh:
        yield fresh


def book(ports: StorePorts, notes: Notes | None = None) -> HourBook:
    """Return what counts."""
    return HourBook(ports.hours, ports.clock, notes or Notes())


async def answer(ports: StorePorts, count: int = 1) -> None:
    """Have some turns answered on the spot."""
    for _ in range(count):
        _, claim = await ports.begin()
        await ports.journal.finish(claim, replace(answered(), cost_usd=0.5))


async def newest(ports: StorePorts) -> HourSums:
    """Return the newest hour, which must be there."""
    found = await ports.hours.newest()
    assert found is not None
    return found


async def test_a_slice_is_counted_a_minute_after_its_end(ports: StorePorts) -> None:
    """Then all its turns were answered, or held."""
    await answer(ports, 3)
    ports.clock.advance(SLICE_S + 59)
    await book(ports).count()
    assert (await newest(ports)).turns == 0
    ports.clock.advance(1)
    await book(ports).count()
    hour = await newest(ports)
    assert (hour.turns, hour.usd, hour.until_ms) == (3, 1.5, BEGAN_MS + 300_000)


async def test_nothing_is_counted_twice_or_left_out(ports: StorePorts) -> None:
    """Two count by turns, and what both missed is made up for."""
    one, two = book(ports), book(ports)
    for n in range(12):
        await answer(ports)
        ports.clock.advance(SLICE_S)
        if n % 4 != 1:
            await one.count()
            await two.count()
    ports.clock.advance(60)
    await two.count()
    hour = await newest(ports)
    assert (hour.turns, hour.until_ms) == (12, BEGAN_MS + HOUR_MS)


async def test_the_next_hour_begins_anew(ports: StorePorts) -> None:
    """Each has its own turns."""
    for _ in range(2):
        await book(ports).count()
        await answer(ports, 2)
        ports.clock.advance(3600)
    ports.clock.advance(60)
    await book(ports).count()
    first = empty_hour(BEGAN_MS).hour
    kept = await ports.hours.read([first, first + 1])
    assert [(one.hour - first, one.turns) for one in kept] == [(1, 2), (0, 2)]


async def test_after_a_long_silence_two_hours_are_made_up_for(
    ports: StorePorts,
) -> None:
    """What nobody served needs no counting; a look stays bounded."""
    await answer(ports)
    ports.clock.advance(SLICE_S + 60)
    await book(ports).count()
    ports.clock.advance(12 * 3600)
    await answer(ports)
    ports.clock.advance(SLICE_S + 60)
    await book(ports).count()
    hour = await newest(ports)
    assert hour.turns == 1
    first = empty_hour(BEGAN_MS).hour
    assert len(await ports.hours.read(range(first, hour.hour + 1))) <= 4


async def write(ports: StorePorts, weeks: int, seconds: float) -> None:
    """Keep the present hour of a past week, whose customers waited so long."""
    hour = empty_hour(ports.clock.now_ms() - weeks * 7 * 24 * HOUR_MS)
    sums = TurnSums(100, 0, {0: 100}, 50.0, {round(seconds * 100): 100})
    whole = hour.plus(sums, hour.until_ms + HOUR_MS)
    assert await ports.hours.write(whole, hour.until_ms)


async def test_an_unusual_hour_is_told_once(ports: StorePorts) -> None:
    """With its numbers; and when it is over."""
    for weeks in range(8, 0, -1):
        await write(ports, weeks, seconds=1)
    notes = Notes()
    one = book(ports, notes)
    await write(ports, 0, seconds=9)
    finding = await one.look()
    assert "latency" in finding.detail
    assert "usually" in finding.detail
    await one.look()
    (told,) = notes.events
    assert isinstance(told, AnomalyChanged)
    assert (told.signal, told.state) == ("latency", "unusual")
    assert told.score > 4
    assert (told.value > 7, told.expected < 2) == (True, True)
    for weeks in range(8, -1, -1):
        ports.clock.advance(3600 if weeks == 8 else 0)
        await write(ports, weeks, seconds=1)
    assert (await one.look()).detail == "usual"
    assert [e.state for e in notes.events if isinstance(e, AnomalyChanged)] == [
        "unusual",
        "usual",
    ]


async def test_a_clock_that_ran_ahead_is_told(ports: StorePorts) -> None:
    """By what it wrote, nothing more is counted for as long, and nobody would know."""
    ports.clock.advance(7 * 3600)
    await book(ports).count()
    back = ManualClock(BEGAN_MS)
    found = await HourBook(ports.hours, back, Notes()).look()
    assert not found.ok
    assert "ran ahead" in found.detail
    back.advance(7 * 3600)
    assert (await HourBook(ports.hours, back, Notes()).look()).ok


async def test_before_the_first_hour_there_is_no_verdict(ports: StorePorts) -> None:
    """Then the first weeks learn."""
    assert await newest_judged(ports.hours) == (None, [])
    await answer(ports)
    ports.clock.advance(SLICE_S + 60)
    finding = await book(ports).look()
    assert finding.ok
    assert finding.detail == "learning: 0 of 4 weeks"


async def test_an_hour_that_has_just_begun_waits_for_turns(ports: StorePorts) -> None:
    """Until then the verdict is that of the hour before."""
    for weeks in range(8, -1, -1):
        await write(ports, weeks, seconds=1)
    ports.clock.advance(3600 + SLICE_S + 60)
    await answer(ports)
    await book(ports).count()
    hour, judgements = await newest_judged(ports.hours)
    assert hour is not None
    assert hour.hour == empty_hour(BEGAN_MS).hour
    assert {one.standing for one in judgements} == {"usual"}
