"""A drill: begun where all is well, ended whatever happens, judged by customers."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.unit.drills.stage import Stage

from mainstay.domain.errors import MainstayError, StoreUnavailable
from mainstay.domain.order import Order, Standing
from mainstay.drills.alone import HELD_S
from mainstay.drills.outcome import Outcome
from mainstay.drills.plan import BLIND, CROWDED, UNHEARD, Plan, plans
from mainstay.drills.play import Player, Times, Unsteady
from mainstay.ports.members import Member

TIMES = Times(before_s=10, during_s=40, after_s=60)


def plan(name: str, carrier: str = "rabbitmq") -> Plan:
    """Return a drill."""
    return next(p for p in plans(carrier) if p.name == name)


async def played(stage: Stage, name: str, times: Times = TIMES) -> Outcome:
    """Play a drill to its end, however long that takes."""
    player = Player(plan(name, stage.carrier), stage.site(), times, lambda _: None)
    playing = asyncio.create_task(player.play())
    while not playing.done():
        await stage.clock.run_for(0.5)
    return playing.result()


def in_fault(stage: Stage, at_s: float) -> bool:
    """Tell whether somebody writes during the fault of 40 s after 10 s."""
    return 10 <= at_s < 50


async def test_an_outage_that_is_felt_and_heard_in_time_passes() -> None:
    """Level 4 during the fault, models afterwards."""
    stage = Stage(lambda s, t: (2.0, 4) if in_fault(s, t) else (1.0, 0))
    outcome = await played(stage, "claude-outage")
    assert outcome.passed, outcome
    assert outcome.figures["before"].levels == (10, 0, 0, 0, 0)
    assert outcome.figures["during"].levels == (0, 0, 0, 0, 40)
    assert outcome.steady_after_s == 0
    assert stage.notes == [("drill.begun", "claude-outage")]


async def test_its_fault_is_said_again_and_taken_back() -> None:
    """Every two seconds: it would end six seconds after the driller's last word."""
    stage = Stage(lambda s, t: (2.0, 4) if in_fault(s, t) else (1.0, 0))
    await played(stage, "claude-outage")
    at_s = [s for s, _ in stage.said]
    assert max(b - a for a, b in pairwise(at_s)) <= 3
    assert at_s[-1] < 51
    assert stage.lifted == ["claude-outage", "drill"]
    assert not stage.holds("claude-outage")


async def test_a_fault_that_nobody_feels_refutes() -> None:
    """It was not brought about: that is no proof of anything."""
    outcome = await played(Stage(), "claude-outage")
    assert "nothing was felt" in outcome.refuted


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("queue-stall", "no worker heard of queue-stall"),
        ("worker-loss", "w1 did not die"),
    ],
)
async def test_an_order_that_nobody_follows_refutes(name: str, why: str) -> None:
    """All was well because nothing went wrong: that is no proof either."""
    outcome = await played(Stage(deaf=True), name)
    assert outcome.refuted == why
    assert not outcome.went_wrong
    assert not outcome.passed


async def test_what_cannot_be_asked_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether anything went wrong."""

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(Stage, "answered", away)
    outcome = await played(Stage(), "queue-stall")
    assert "could not say" in outcome.refuted
    assert not outcome.went_wrong


async def test_it_is_broken_off_when_somebody_waits_too_long() -> None:
    """After 30 s without a word, and the fault is taken back at once."""
    stage = Stage(lambda s, t: None if t == 12 else (1.0, 0))
    outcome = await played(stage, "queue-stall")
    assert outcome.aborted == UNHEARD
    assert outcome.went_wrong
    assert not outcome.passed
    assert 42 <= (outcome.ended_ms - outcome.began_ms) / 1000 + 10 <= 45
    assert stage.lifted == ["queue-stall", "drill"]


async def test_who_is_heard_late_refutes() -> None:
    """After the fault, too: it had cost somebody the promise."""
    stage = Stage(lambda s, t: (31.0, 0) if t == 49 else (1.0, 0))
    outcome = await played(stage, "queue-stall")
    assert outcome.refuted == "1 customers did not hear back within 30 s"


async def test_what_does_not_come_back_refutes() -> None:
    """Level 4 for good is not as before."""
    stage = Stage(lambda s, t: (2.0, 4) if t >= 10 else (1.0, 0))
    outcome = await played(stage, "claude-outage")
    assert outcome.steady_after_s is None
    assert "not as before" in outcome.refuted


async def test_when_it_came_back_is_measured() -> None:
    """From the fault's end to the first of five answers in a row by models."""
    stage = Stage(lambda s, t: (2.0, 4) if 10 <= t < 62 else (1.0, 0))
    outcome = await played(stage, "claude-outage")
    assert outcome.steady_after_s == pytest.approx(12, abs=1.1)
    assert outcome.passed


async def test_lower_levels_refute_where_models_can_be_had() -> None:
    """A dead worker's turns are answered by models elsewhere."""
    stage = Stage(lambda s, t: (2.0, 4) if in_fault(s, t) else (1.0, 0))
    outcome = await played(stage, "worker-loss")
    assert "0% of the answers" in outcome.refuted


async def test_one_worker_is_told_to_die_once() -> None:
    """By its own name, the same whoever lists them."""
    stage = Stage()
    outcome = await played(stage, "worker-loss")
    assert outcome.passed
    assert [kind for _, kind in stage.said] == ["worker-loss"]


async def test_the_last_worker_is_not_killed() -> None:
    """Nor one that is a gateway too."""
    alone = [Member("w1", "worker", ""), Member("g", "gateway+worker", "")]
    stage = Stage(members_=alone)
    with pytest.raises(MainstayError, match="start more"):
        await played(stage, "worker-loss")
    assert not stage.said
    assert not stage.notes


async def test_a_spike_needs_a_limit() -> None:
    """Without one nothing would stop it."""
    with pytest.raises(MainstayError, match="no spend limit is set"):
        await played(Stage(has_limits=False), "cost-spike")


async def test_the_database_goes_for_the_time_that_was_asked_for() -> None:
    """While it is away nothing new is seen, and the drill goes on."""
    stage = Stage()
    times = Times(before_s=10, during_s=5, after_s=30)
    outcome = await played(stage, "database-restart", times)
    assert outcome.passed
    assert stage.disturbed == [5]
    assert stage.notes == [("drill.begun", "database-restart")]


async def test_it_is_broken_off_when_nobody_can_see_how_customers_fare() -> None:
    """Within seconds less than a promise lasts; and the database is given back."""
    stage = Stage()
    times = Times(before_s=10, during_s=300, after_s=30)
    outcome = await played(stage, "database-restart", times)
    assert outcome.aborted == BLIND
    assert not outcome.passed
    assert not stage.away
    at_s = [(one.accepted_at_ms - outcome.began_ms) / 1000 for one in outcome.turns]
    assert max(at_s) < 30


@pytest.mark.parametrize(
    ("stage", "why"),
    [
        (Stage(quiet=True), "too few"),
        (Stage(lambda s, t: (1.0, 4)), "not steady"),
        (Stage(lambda s, t: None), "5 customers wait longer than 5 s"),
        (Stage(lambda s, t: (60.0, 0)), "watch longer"),
        (Stage(lambda s, t: None if t % 2 else (1.0, 0)), "2 customers wait longer"),
        (Stage(lambda s, t: (8.0, 0)), "customers wait longer than 5 s"),
        (Stage(lambda s, t: (1.0, None)), "0% by models"),
    ],
)
async def test_nothing_is_begun_where_something_is_wrong_already(
    stage: Stage, why: str
) -> None:
    """Nobody could tell the fault from it."""
    with pytest.raises(Unsteady, match=why):
        await played(stage, "claude-outage")
    assert not stage.said
    assert not stage.notes


async def test_who_watches_for_a_minute_may_find_slow_answers_steady() -> None:
    """Nobody waits longer than was promised."""
    times = Times(before_s=60, during_s=20, after_s=60)
    outcome = await played(Stage(lambda s, t: (20.0, 0)), "queue-stall", times)
    assert outcome.passed, outcome


async def test_two_drills_are_not_played_at_once() -> None:
    """The second is refused before it watches."""
    stage = Stage()
    await stage.hold(Order("cost-spike", "", 2), 20)
    with pytest.raises(Unsteady, match="cost-spike is being drilled"):
        await played(stage, "claude-outage")


@pytest.mark.parametrize("name", [one.name for one in plans()])
async def test_from_its_first_look_to_its_last_it_is_the_only_one(name: str) -> None:
    """Whoever begins meanwhile hears which one is on, and since when."""
    stage = Stage(lambda s, t: (2.0, 4) if 10 <= t < 60 else (1.0, 0), read_only=True)
    times = Times(before_s=10, during_s=15, after_s=90)
    first = Player(plan(name), stage.site(), times, lambda _: None)
    playing = asyncio.create_task(first.play())
    await stage.clock.run_for(0.5)
    site = replace(stage.site(), driller="drl_2")
    second = Player(plan("queue-stall"), site, times, lambda _: None)
    told: list[str] = []
    while not playing.done():
        refused = asyncio.create_task(second.play())
        await stage.clock.run_for(0.5)
        assert refused.done()
        told.append(str(refused.exception()))
    assert playing.result().steady_after_s is not None
    assert len(told) > 100
    since = f"another drill is on: {name} since 2023-11-14T22:13:20+00:00 (drl_1); wait"
    assert all(one.startswith(since) for one in told), told
    assert not stage.holds("drill")


async def test_who_saw_nobody_is_refused_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other one began after that."""

    async def nothing(_: Stage) -> list[Standing]:
        return []

    stage = Stage()
    await stage.take(Order("drill", "another"), HELD_S)
    monkeypatch.setattr(Stage, "standing", nothing)
    with pytest.raises(Unsteady, match="another drill is on: one that ends now"):
        await played(stage, "queue-stall")
    assert not stage.lifted


async def test_a_driller_who_died_keeps_nobody_away_for_long() -> None:
    """For a minute after his last word."""
    stage = Stage()
    await stage.take(Order("drill", "another"), HELD_S)
    await stage.clock.run_for(HELD_S - 1)
    with pytest.raises(Unsteady, match=r"is on: another; .* for 60 s"):
        await played(stage, "queue-stall")
    await stage.clock.run_for(1)
    assert (await played(stage, "queue-stall")).passed


async def test_it_is_broken_off_before_another_could_begin() -> None:
    """Nothing can be written for so long that its own word nearly ends."""
    stage = Stage(read_only=True)
    times = Times(before_s=10, during_s=300, after_s=30)
    player = Player(plan("database-restart"), stage.site(), times, lambda _: None)
    playing = asyncio.create_task(player.play())
    await stage.clock.run_for(0.5)
    while not playing.done():
        assert stage.holds("drill")
        await stage.clock.run_for(0.5)
    assert playing.result().aborted == CROWDED
    assert (playing.result().ended_ms - playing.result().began_ms) / 1000 < 45
    assert not stage.locked


async def test_another_that_began_all_the_same_refutes() -> None:
    """The store was away for a minute, e.g.; what the other holds stays his."""
    stage = Stage(lambda s, t: (2.0, 4) if 10 <= t < 80 else (1.0, 0))
    player = Player(plan("queue-stall"), stage.site(), TIMES, lambda _: None)
    playing = asyncio.create_task(player.play())
    await stage.clock.run_for(60)
    stage.held["drill"] = (Order("drill", "another"), 200)
    while not playing.done():
        await stage.clock.run_for(0.5)
    assert playing.result().refuted == "another drill began before this one was over"
    assert stage.holds("drill")


async def test_what_came_up_while_it_watched_is_noticed() -> None:
    """Somebody else began, or the second worker went: nothing is begun."""
    stage = Stage()
    player = Player(plan("worker-loss"), stage.site(), TIMES, lambda _: None)
    playing = asyncio.create_task(player.play())
    await stage.clock.run_for(5)
    stage.members_ = stage.members_[:1]
    while not playing.done():
        await stage.clock.run_for(0.5)
    with pytest.raises(MainstayError, match="start more"):
        playing.result()
    assert not stage.said


async def test_a_driller_who_is_interrupted_takes_his_fault_back() -> None:
    """Ctrl-C in the middle of it."""
    stage = Stage()
    player = Player(plan("queue-stall"), stage.site(), TIMES, lambda _: None)
    playing = asyncio.create_task(player.play())
    while not stage.said:
        await stage.clock.run_for(0.5)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert stage.lifted == ["queue-stall", "drill"]
    assert not stage.holds("drill")


def test_every_drill_says_what_it_expects() -> None:
    """Five of them, on a broker and without; each sentence ends."""
    for carrier in ("rabbitmq", "database"):
        found = plans(carrier)
        assert [p.name for p in found] == [
            "claude-outage",
            "worker-loss",
            "queue-stall",
            "database-restart",
            "cost-spike",
        ]
        assert all(p.hypothesis.endswith(".") for p in found)
        assert all("within 30 s" in p.hypothesis for p in found)
