"""Whether an hour is as this hour was in past weeks."""

from dataclasses import replace

import pytest

from mainstay.domain.anomaly import MAX_SCORE, MIN_TURNS, MIN_WEEKS, Judgement, judge
from mainstay.domain.hour import BOUNDS_MS, HourSums, empty_hour
from mainstay.domain.turn_sums import STEP_MS, TurnSums

NOW = empty_hour(1_700_000_000_000)


def hour(
    turns: int = 1000,
    failed: int = 5,
    below: int = 50,
    wait_ms: int = 2000,
    usd: float = 0.01,
) -> HourSums:
    """Return an hour: ``below`` replies below level 0, ``usd`` a turn."""
    levels = {0: turns - below, 2: below}
    sums = TurnSums(turns, failed, levels, usd * turns, {wait_ms // 10: turns})
    return NOW.plus(sums, NOW.until_ms)


def past(weeks: int = 8) -> list[HourSums]:
    """Return weeks that differ a little."""
    return [
        hour(failed=4 + n % 3, below=45 + 5 * (n % 3), wait_ms=1900 + 100 * (n % 3))
        for n in range(weeks)
    ]


def judged(now: HourSums, before: list[HourSums] | None = None) -> dict[str, Judgement]:
    """Return the verdicts by signal."""
    found = judge(now, past() if before is None else before)
    return {one.signal: one for one in found}


def test_an_hour_like_the_others_is_usual() -> None:
    """Each signal has its verdict."""
    found = judged(hour())
    assert {name: one.standing for name, one in found.items()} == dict.fromkeys(
        ("error_rate", "latency", "level_mix", "cost_per_turn"), "usual"
    )
    assert all(abs(one.score) < 1 for one in found.values())


@pytest.mark.parametrize(
    ("now", "signal"),
    [
        (hour(failed=60), "error_rate"),
        (hour(wait_ms=6000), "latency"),
        (hour(below=300), "level_mix"),
        (hour(usd=0.02), "cost_per_turn"),
    ],
)
def test_each_signal_is_unusual_by_itself(now: HourSums, signal: str) -> None:
    """The others stay as they are; the numbers say why."""
    found = judged(now)
    unusual = {name for name, one in found.items() if one.standing == "unusual"}
    assert unusual == {signal}
    assert found[signal].value > found[signal].expected
    assert found[signal].score <= MAX_SCORE


def test_better_than_usual_is_no_alarm() -> None:
    """A score below 0 says so."""
    found = judged(hour(failed=0, below=0, wait_ms=300, usd=0.001))
    assert {one.standing for one in found.values()} == {"usual"}
    assert found["latency"].score < -4


def test_the_first_weeks_learn() -> None:
    """With three past weeks there is no verdict, with four there is."""
    found = judged(hour(failed=500), past(MIN_WEEKS - 1))
    assert {one.standing for one in found.values()} == {"learning"}
    assert {one.score for one in found.values()} == {0.0}
    assert {one.weeks for one in found.values()} == {3}
    assert judged(hour(failed=500), past(MIN_WEEKS))["error_rate"].score > 4


def test_a_week_with_few_turns_does_not_count() -> None:
    """It would be chance."""
    few = [replace(one, turns=MIN_TURNS - 1) for one in past(2)]
    assert judged(hour(), [*few, *past(3)])["latency"].standing == "learning"


def test_few_turns_say_nothing() -> None:
    """Two failures among ten at night wake nobody."""
    found = judged(hour(turns=MIN_TURNS - 1, failed=20, below=0))
    assert {one.standing for one in found.values()} == {"quiet"}


def test_chance_among_few_turns_is_no_alarm() -> None:
    """Three failures in 60 turns may be chance, 60 in 1,200 are not."""
    never = [hour(failed=0) for _ in range(8)]
    assert judged(hour(60, 3, 3), never)["error_rate"].standing == "usual"
    assert judged(hour(1200, 60, 60), never)["error_rate"].standing == "unusual"


def test_one_bad_week_does_not_move_the_measure() -> None:
    """The median and the median deviation stay, so the next bad hour is seen too."""
    with_outage = [*past(7), hour(failed=900, wait_ms=28_000, below=1000)]
    assert judged(hour(wait_ms=6000), with_outage)["latency"].standing == "unusual"
    assert judged(hour(), with_outage)["error_rate"].standing == "usual"


def test_weeks_that_are_all_alike_leave_room() -> None:
    """A tenth more than always is not an alarm."""
    alike = [hour() for _ in range(8)]
    found = judged(hour(wait_ms=2200, usd=0.011), alike)
    assert {one.standing for one in found.values()} == {"usual"}


def test_waits_are_kept_to_a_quarter() -> None:
    """What is read back is in the same class, whatever the wait."""
    for wait_ms in (10, 60, 500, 2000, 29_000, 70_000):
        read = hour(wait_ms=wait_ms).wait_ms(0.95)
        assert 0 < read <= max((wait_ms + STEP_MS) * 1.25, BOUNDS_MS[0])
        assert read >= wait_ms / 1.25 or wait_ms < BOUNDS_MS[0]
    assert hour(wait_ms=600_000).wait_ms(0.95) == BOUNDS_MS[-1]


def test_half_of_the_customers_is_not_all_of_them() -> None:
    """A share is read where it is."""
    sums = TurnSums(100, 0, {0: 100}, 0.0, {50: 90, 900: 10})
    both = NOW.plus(sums, NOW.until_ms)
    assert both.wait_ms(0.5) < 600
    assert both.wait_ms(0.95) > 7000
    assert (sums.wait_ms(0.9), sums.wait_ms(0.91)) == (510, 9010)
