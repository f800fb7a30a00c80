"""A half-open breaker is half-open for all processes together."""

import asyncio
from typing import Any

import pytest
from tests.unit.caches.fleet import OPEN_S, Fleet, Process

from mainstay.caches.shared_breaker import Trial


@pytest.fixture
async def fleet() -> Fleet:
    """Give three processes whose trials are due."""
    return await Fleet().half_open()


async def rush(fleet: Fleet, calls: int = 100) -> list[Trial]:
    """Let so many callers come at once, through all processes; return the trials."""
    processes = [fleet.all[n % 3] for n in range(calls)]
    found = await asyncio.gather(*(one.model.admit() for one in processes))
    trials = [one for one in found if one is not None]
    assert all(isinstance(one, Trial) for one in trials)
    return [one for one in trials if isinstance(one, Trial)]


async def test_three_of_a_hundred(fleet: Fleet):
    """Of 100 callers at once in three processes, exactly 3 are admitted."""
    assert len(await rush(fleet)) == 3
    assert len(await rush(fleet)) == 0


async def test_three_successes_anywhere_close_for_all(fleet: Fleet):
    """One in each process: two are not enough, the third is for everybody."""
    trials = [await process.admit() for process in fleet.all]
    for n, trial in enumerate(trials):
        assert fleet.states == ["half_open"] * 3
        trial.success()
        if n < 2:
            await fleet.look()
    await fleet.look()
    assert fleet.states == ["closed"] * 3


async def test_each_ramps_its_own_share(fleet: Fleet):
    """Ten percent of each process's calls are ten percent of all."""
    for process in fleet.all:
        await process.call(".")
    await fleet.look()
    admitted = [
        await process.model.admit() for process in fleet.all for _ in range(100)
    ]
    assert sum(one is not None for one in admitted) == pytest.approx(30, abs=3)


async def test_one_failure_reopens_for_all_for_twice_as_long(fleet: Fleet):
    """Whoever's trial it was, and whoever opens it after that."""
    await fleet.two.call("x")
    await fleet.look()
    assert [process.left_s for process in fleet.all] == [pytest.approx(120)] * 3
    fleet.advance(120)
    await fleet.three.call("x")
    await fleet.look()
    assert fleet.one.left_s == pytest.approx(240)


async def test_who_did_not_look_yet_hears_of_it_when_it_asks(fleet: Fleet):
    """No process makes a trial of a generation that is over."""
    await fleet.two.call("x")
    await fleet.two.shared.look()
    assert await fleet.three.model.admit() is None
    assert fleet.three.left_s == pytest.approx(120)
    fleet.advance(120)
    await fleet.two.call("...")
    await fleet.two.shared.look()
    await fleet.three.call(".")
    assert fleet.three.state == "closed"


async def test_an_old_trial_tells_nothing(fleet: Fleet):
    """Its generation is over: it neither closes, nor opens, nor gives a place back."""
    old = [await process.admit() for process in (fleet.one, fleet.two)]
    await fleet.three.call("x")
    await fleet.look()
    fleet.advance(120)
    assert len(await rush(fleet)) == 3
    old[0].success()
    old[1].failure()
    await fleet.look()
    assert fleet.states.count("open") == 0
    assert len(await rush(fleet)) == 0


async def test_slow_trials_reopen_for_all(fleet: Fleet):
    """Three, wherever; two decide nothing."""
    for process in (fleet.one, fleet.two):
        await process.call("s")
    await fleet.look()
    assert "open" not in fleet.states[:2]
    await fleet.three.call("s")
    await fleet.look()
    assert fleet.states == ["open"] * 3
    assert fleet.one.left_s == pytest.approx(120)


async def test_a_cancelled_call_gives_its_trial_back(fleet: Fleet):
    """As often as one is cancelled, another may be made, in any process."""
    trials = await rush(fleet)
    for n in range(30):
        trials[0].neutral()
        await fleet.look()
        (trials[0],) = await rush(fleet, calls=1 + n % 3)


async def test_a_cancelled_question_gives_its_trial_back(fleet: Fleet):
    """Whether it was granted or not: the caller is gone."""
    for _ in range(10):
        asking = asyncio.create_task(fleet.one.model.admit())
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        assert asking.cancelled()
    await fleet.look()
    assert len(await rush(fleet)) == 3


async def test_a_report_counts_once(fleet: Fleet):
    """The second one of the same trial is nothing."""
    trials = await rush(fleet)
    for _ in range(3):
        trials[0].success()
    await fleet.look()
    assert "closed" not in fleet.states
    assert len(await rush(fleet)) == 1


async def test_the_trials_of_a_dead_process_are_given_up(fleet: Fleet):
    """After 30 s, for the others."""
    for _ in range(3):
        await fleet.one.admit()
    fleet.advance(29)
    assert await fleet.two.model.admit() is None
    fleet.advance(2)
    for _ in range(3):
        await fleet.two.admit()


async def test_without_the_circuits_each_has_three(fleet: Fleet):
    """So many times the processes as one would have: the bound that is left."""
    fleet.circuits.away = True
    trials = await rush(fleet, calls=300)
    assert len(trials) == 3 * len(fleet.all)
    for trial in trials:
        trial.success()
    assert fleet.states == ["closed"] * 3


async def test_a_late_answer_is_no_leave(fleet: Fleet):
    """The call is refused, and what it may have been granted is given back."""
    fleet.circuits.late = True
    assert await rush(fleet, calls=30) == []
    fleet.circuits.late = False
    await fleet.look()
    assert len(await rush(fleet)) == 3


async def test_one_left_alone_learns_when_they_are_back(fleet: Fleet):
    """What it found out by itself does not undo what the others found."""
    fleet.circuits.away = True
    await fleet.one.call("...")
    assert fleet.one.state == "closed"
    fleet.circuits.away = False
    await fleet.two.call("x")
    await fleet.look()
    assert fleet.states == ["open"] * 3


async def test_the_circuits_lose_all_they_knew(fleet: Fleet):
    """Trials go on, in the generation that the processes remember."""
    fleet.circuits._known.clear()  # noqa: SLF001 - as a server that was restarted
    assert len(await rush(fleet)) == 3


async def forced(process: Process, state: str, for_s: float = 100) -> None:
    """Force the model's breaker in one process."""
    status = await process.shared.force(process.model.name, state, for_s, "a drill")
    assert status.scope == "fleet"


class TestForced:
    """What an operator says."""

    async def test_open_for_all(self):
        """At once where it was said, elsewhere at the next look; then trials."""
        fleet = Fleet()
        await forced(fleet.one, "open")
        assert fleet.states == ["open", "closed", "closed"]
        await fleet.look()
        assert fleet.states == ["open"] * 3
        fleet.advance(99)
        assert await fleet.two.model.admit() is None
        fleet.advance(1)
        assert len(await rush(fleet)) == 3

    async def test_closed_whatever_calls_result_in(self):
        """Nobody is refused and nothing opens, until its time is over."""
        fleet = await Fleet().half_open()
        await forced(fleet.one, "closed")
        await fleet.look()
        for process in fleet.all:
            await process.call("x" * 40)
        await fleet.look()
        assert fleet.states == ["closed"] * 3
        fleet.advance(100)
        await fleet.one.call("xxxxx")
        await fleet.look()
        assert fleet.states == ["open"] * 3

    async def test_auto_takes_it_back(self):
        """A forced opening goes on with trials, a forced closing as closed."""
        fleet = Fleet()
        await forced(fleet.one, "open")
        await fleet.look()
        await forced(fleet.two, "auto")
        await fleet.look()
        assert len(await rush(fleet)) == 3
        await forced(fleet.two, "closed")
        await fleet.look()
        await forced(fleet.three, "auto")
        await fleet.look()
        await fleet.one.call("xxxxx")
        assert fleet.one.state == "open"

    async def test_a_call_under_way_does_not_end_it(self):
        """Results of calls from before are of an old generation."""
        fleet = Fleet()
        late = [await fleet.one.admit() for _ in range(10)]
        await forced(fleet.one, "closed", 10)
        fleet.advance(10)
        await fleet.one.call(".")
        for permit in late:
            permit.failure()
        assert fleet.one.state == "closed"

    async def test_who_starts_later_learns_it(self):
        """For the rest of its time; and not when it is over."""
        fleet = Fleet()
        await forced(fleet.one, "open")
        fleet.advance(60)
        await fleet.two.shared.look()
        assert fleet.two.left_s == pytest.approx(40)
        fleet.advance(50)
        await fleet.three.shared.look()
        assert fleet.three.model.breaker.held_for_s == 0

    async def test_alone_it_holds_here(self):
        """When nobody can be told it says so, and their silence does not end it."""
        fleet = Fleet()
        fleet.circuits.away = True
        name = fleet.one.model.name
        status = await fleet.one.shared.force(name, "open", 100, "alone")
        assert (status.scope, status.state) == ("process", "open")
        assert status.forced is not None
        assert (status.forced.reason, status.forced.for_s) == ("alone", 100)
        fleet.circuits.away = False
        await fleet.look()
        assert fleet.states == ["open", "closed", "closed"]
        await forced(fleet.one, "auto")
        await fleet.look()
        assert fleet.one.model.breaker.held_for_s == 0

    async def test_everybody_sees_it(self):
        """A process that calls no model tells what the others know."""
        fleet = await Fleet().half_open()
        (model, tool) = await fleet.three.shared.statuses()
        assert (model.state, model.scope, model.forced) == ("half_open", "fleet", None)
        assert (tool.name, tool.state) == ("tool/refund", "closed")
        await forced(fleet.one, "open", OPEN_S)
        (model, _) = await fleet.three.shared.statuses()
        assert model.retry_in_s == pytest.approx(OPEN_S)
        assert model.forced is not None
        assert (model.forced.state, model.forced.reason) == ("open", "a drill")
        fleet.circuits.away = True
        (model, _) = await fleet.three.shared.statuses()
        assert model.scope == "process"


async def test_a_canary_of_one_process_begins_the_trials_of_all():
    """The open time is over everywhere, once a call got through anywhere."""
    fleet = Fleet()
    await fleet.one.call("xxxxx")
    await fleet.look()
    assert fleet.states == ["open"] * 3
    calls = [await fleet.two.model.admit() for _ in range(100)]
    assert [one is not None for one in calls] == [False] * 99 + [True]
    assert calls[-1] is not None
    calls[-1].success()
    await fleet.look()
    for process in fleet.all:
        await process.call(".")
    await fleet.look()
    assert fleet.states == ["closed"] * 3


async def test_a_canary_that_fails_changes_nothing():
    """Nobody is told of it."""
    fleet = Fleet()
    await fleet.one.call("xxxxx")
    await fleet.look()
    calls = [await fleet.two.model.admit() for _ in range(100)]
    assert calls[-1] is not None
    calls[-1].failure()
    await fleet.look()
    assert fleet.states == ["open"] * 3
    assert [process.left_s for process in fleet.all] == [OPEN_S] * 3


async def test_who_was_opened_comes_back_when_the_opening_is_forgotten():
    """A server that fails over may lose its last writes: it says closed, of old."""
    fleet = await Fleet().half_open()
    await fleet.one.call("...")
    await fleet.look()
    fleet.advance(OPEN_S)
    before = fleet.circuits.copied()
    await fleet.one.call("xxxxx")
    await fleet.look()
    assert fleet.states == ["open"] * 3
    fleet.circuits.restore(before)
    fleet.advance(5 * OPEN_S)
    await fleet.look()
    await fleet.two.call("...")
    await fleet.look()
    assert fleet.states == ["closed"] * 3


async def test_a_report_outlives_the_call_that_was_to_send_it(fleet: Fleet):
    """Whoever is cancelled while telling leaves the report to the next."""
    (await fleet.two.admit()).success()
    sent, send = asyncio.Event(), fleet.circuits.report

    async def never(*args: Any) -> None:
        sent.set()
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fleet.circuits, "report", never)
        telling = asyncio.create_task(fleet.two.model.tell())
        await sent.wait()
        telling.cancel()
        await asyncio.wait([telling])
    assert fleet.circuits.report == send
    for process in (fleet.one, fleet.three):
        (await process.admit()).success()
    await fleet.look()
    assert fleet.states == ["closed"] * 3
