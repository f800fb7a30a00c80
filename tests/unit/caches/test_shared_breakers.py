"""What opens in one process is left alone by the others, once, and not for longer."""

import asyncio

import pytest
from tests.unit.caches.fleet import MODEL, OPEN_S, Fleet


@pytest.fixture
def fleet() -> Fleet:
    """Give three processes."""
    return Fleet()


async def test_an_opening_is_followed_for_the_rest_of_its_time(fleet: Fleet):
    """By the same breaker of the others; a model's is not a tool's."""
    await fleet.one.call("xxxxx")
    await fleet.one.shared.look()
    fleet.advance(20)
    await fleet.two.shared.look()
    assert await fleet.two.model.admit() is None
    assert fleet.two.left_s == pytest.approx(fleet.one.left_s)
    assert fleet.two.tool.breaker.state == "closed"


async def test_who_follows_does_not_tell_it_again(fleet: Fleet):
    """One opening: nobody's open time grows by being talked about."""
    await fleet.one.call("xxxxx")
    await fleet.look()
    (told,) = await fleet.circuits.look([MODEL]) or ()
    fleet.advance(30)
    await fleet.look()
    (again,) = await fleet.circuits.look([MODEL]) or ()
    assert again.epoch == told.epoch
    assert [process.states for process in fleet.all] == [["open"]] * 3


async def test_a_healthy_call_asks_nobody(fleet: Fleet):
    """Nor does one that is refused while the breaker is open."""
    await fleet.one.call("." * 10 + "xxxxx")
    assert await fleet.one.model.admit() is None
    assert fleet.circuits.asked == []


async def test_an_opening_does_not_undo_a_newer_recovery(fleet: Fleet):
    """Who has closed again by its own trials is not opened by the same epoch."""
    await fleet.one.call("xxxxx")
    await fleet.look()
    fleet.circuits.away = True
    fleet.clock.advance(OPEN_S)  # the time of the circuits stands still
    for process in fleet.all:
        await process.call("...")
    fleet.circuits.away = False
    (still,) = await fleet.circuits.look([MODEL]) or ()
    assert still.state == "open"
    await fleet.look()
    assert fleet.states == ["closed"] * 3


async def test_an_older_epoch_does_not_count(fleet: Fleet):
    """An answer that comes late may tell of a recovery before the last opening."""
    await fleet.half_open()
    await fleet.one.call("...")
    await fleet.look()
    (old,) = await fleet.circuits.look([MODEL]) or ()
    assert old.state == "closed"
    fleet.advance(OPEN_S)
    await fleet.one.call("xxxxx")
    await fleet.look()
    left_s = fleet.two.left_s
    fleet.two.model.adopt(old)
    assert (fleet.two.state, fleet.two.left_s) == ("open", left_s)


async def test_a_late_result_opens_nobody(fleet: Fleet):
    """A process that slept through an opening learns that its results are old."""
    late = [await fleet.two.admit() for _ in range(5)]
    await fleet.one.call("xxxxx")
    await fleet.one.shared.look()
    fleet.advance(OPEN_S)
    await fleet.one.call("...")
    await fleet.one.shared.look()
    for permit in late:
        permit.failure()
    assert fleet.two.state == "open"
    await fleet.look()
    assert fleet.states == ["closed"] * 3
    assert fleet.one.states == ["open", "half_open", "closed"]


async def test_a_rate_limit_keeps_all_away(fleet: Fleet):
    """For the time that was told; nothing failed, so no ramp follows."""
    fleet.one.model.trip(12)
    await fleet.look()
    assert fleet.two.left_s == pytest.approx(12)
    fleet.advance(12)
    await fleet.two.call("...")
    await fleet.look()
    assert fleet.states == ["closed"] * 3
    for process in fleet.all:
        assert all([await process.model.admit() for _ in range(20)])


async def test_a_later_rate_limit_prolongs_the_time(fleet: Fleet):
    """Whoever heard of it."""
    fleet.one.model.trip(5)
    await fleet.look()
    fleet.two.model.trip(60)
    await fleet.look()
    assert fleet.one.left_s == pytest.approx(60)


async def test_whose_clock_is_ahead_waits_for_the_others(fleet: Fleet):
    """The circuits' time counts; no trial is lost by it."""
    fleet.one.model.trip(5)
    await fleet.look()
    fleet.clock.advance(5.05)
    fleet.shared_clock.advance(4.98)
    assert await fleet.one.model.admit() is None
    assert fleet.one.states == ["open"]
    assert fleet.one.left_s == pytest.approx(0.02)
    fleet.advance(0.03)
    await fleet.one.admit()
    assert fleet.one.state == "half_open"


async def test_without_the_circuits_each_goes_by_itself(fleet: Fleet):
    """Each opening that is not told is counted once."""
    fleet.circuits.away = True
    await fleet.one.call("xxxxx")
    fleet.two.model.trip(30)
    await fleet.look()
    await fleet.look()
    assert [process.bypasses.uses for process in fleet.all] == [
        ["breaker"],
        ["breaker"],
        [],
    ]
    assert fleet.three.state == "closed"


async def test_what_lasts_is_told_when_the_circuits_are_back(fleet: Fleet):
    """And what is over is not: who has nobody's word against it tries by a ramp."""
    fleet.circuits.away = True
    await fleet.one.call("xxxxx")
    fleet.two.tool.trip(5)
    await fleet.look()
    fleet.advance(30)
    fleet.circuits.away = False
    await fleet.look()
    assert fleet.states == ["open"] * 3
    assert fleet.three.left_s == pytest.approx(fleet.one.left_s)
    assert fleet.three.tool.breaker.state == "closed"


async def test_an_opening_is_told_at_once(fleet: Fleet):
    """Nobody waits for the next look."""
    await fleet.one.shared.start()
    await fleet.one.call("xxxxx")
    async with asyncio.timeout(0.5):
        await fleet.circuits.opened.wait()
    await fleet.one.shared.stop()
    await fleet.one.shared.stop()
