"""Now and then an open breaker lets a call pass, to see whether it works again."""

from mainstay.resilience.breaker import Breaker, BreakerOptions, Permit
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock

EVERY = BreakerOptions().canary_every


def opened(clock: ManualClock) -> Breaker:
    """Return a breaker that failures have opened for 60 s."""
    one = Breaker(clock, ScriptedRandom(0.5), on_change=lambda state: None)
    for _ in range(5):
        permit = one.admit()
        assert permit is not None
        permit.failure()
    assert one.state == "open"
    return one


def canary(one: Breaker) -> Permit:
    """Return the next canary; it comes after 99 refused calls, not before."""
    assert [one.admit() for _ in range(EVERY - 1)] == [None] * (EVERY - 1)
    permit = one.admit()
    assert permit is not None
    assert permit.is_canary
    return permit


def test_one_in_a_hundred_passes():
    """Again and again, for as long as it is open."""
    one = opened(ManualClock())
    for _ in range(3):
        canary(one).failure()
        assert one.state == "open"
        assert one.retry_in_s == 60


def test_a_quick_one_lets_trials_begin():
    """It is no trial itself: three of them close it."""
    one = opened(ManualClock())
    canary(one).success()
    assert one.retry_in_s == 0
    trials = [one.admit() for _ in range(10)]
    assert one.state == "half_open"
    for trial in trials:
        if trial is not None:
            assert not trial.is_canary
            trial.success()
    assert one.state == "closed"


def test_a_slow_or_cancelled_one_changes_nothing():
    """Only a quick success speaks for the other side."""
    one = opened(ManualClock())
    canary(one).success(slow=True)
    canary(one).neutral()
    assert one.retry_in_s == 60


def test_none_passes_where_the_other_side_said_to_stay_away():
    """Not even one that was under way when it said so counts."""
    clock = ManualClock()
    one = Breaker(clock, ScriptedRandom(0.5), on_change=lambda state: None)
    one.trip(30)
    assert [one.admit() for _ in range(3 * EVERY)] == [None] * 3 * EVERY
    failed = opened(clock)
    under_way = canary(failed)
    failed.trip(90)
    under_way.success()
    assert failed.retry_in_s == 90
    assert [failed.admit() for _ in range(3 * EVERY)] == [None] * 3 * EVERY
