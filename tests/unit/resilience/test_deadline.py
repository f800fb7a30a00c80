from mainstay.resilience.deadline import Deadline
from mainstay.testing.clock import START_MS, ManualClock


def deadline(clock: ManualClock, in_s: float) -> Deadline:
    """Return a deadline so many seconds after the clock's start."""
    return Deadline(START_MS + round(in_s * 1000), clock)


def test_counts_down_to_zero() -> None:
    """What remains shrinks with the clock and is never negative."""
    clock = ManualClock()
    end = deadline(clock, 26)
    seen: list[float] = []
    for step_s in (0, 20, 6, 10):
        clock.advance(step_s)
        seen.append(end.remaining_s())
    assert seen == [26, 6, 0, 0]


def test_an_attempt_gets_its_limit_while_there_is_time() -> None:
    """With plenty of time, an attempt may take its own limit."""
    assert deadline(ManualClock(), 26).attempt_timeout_s(20) == 20


def test_an_attempt_leaves_time_to_commit() -> None:
    """Near the end it gets what is left but 1.5 s, at last nothing."""
    clock = ManualClock()
    end = deadline(clock, 10)
    assert end.attempt_timeout_s(20) == 8.5
    assert end.attempt_timeout_s(20, reserve_s=4) == 6
    clock.advance(9)
    assert end.attempt_timeout_s(20) == 0


def test_allows_what_fits() -> None:
    """Exactly as much as is left fits, a millisecond more does not."""
    end = deadline(ManualClock(), 6)
    assert end.allows(6)
    assert not end.allows(6.001)
