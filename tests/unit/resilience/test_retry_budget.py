import pytest

from mainstay.resilience.retry_budget import MAX_TOKENS, RetryBudget
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock


def budget(*shares: float, clock: ManualClock | None = None) -> RetryBudget:
    """Return a budget with the given chance."""
    return RetryBudget(clock or ManualClock(), ScriptedRandom(*shares or (1,)))


def spend(retries: RetryBudget, turns: int) -> int:
    """Return how many of so many turns get a retry."""
    delays = [retries.turn().delay_s(after_overload=False) for _ in range(turns)]
    return sum(delay is not None for delay in delays)


def test_three_a_turn() -> None:
    """A turn gets three retries, whichever of its layers asks."""
    turn = budget().turn()
    delays = [turn.delay_s(after_overload=False) for _ in range(5)]
    assert delays == [0.5, 1, 2, None, None]


def test_one_of_them_after_an_overload() -> None:
    """An overloaded server is tried again once; other retries remain."""
    turn = budget().turn()
    overloaded = [turn.delay_s(after_overload=True) for _ in range(3)]
    assert overloaded == [0.5, None, None]
    others = [turn.delay_s(after_overload=False) for _ in range(3)]
    assert others == [1, 2, None]


def test_full_jitter() -> None:
    """The pause is anything from 0 to its limit."""
    turn = budget(0, 0.5, 1).turn()
    assert [turn.delay_s(after_overload=False) for _ in range(3)] == [0, 0.5, 2]


def test_the_limit_of_a_pause_is_four_seconds() -> None:
    """However many retries went before, a pause has a limit of 4 s."""
    assert [budget().jitter_s(n) for n in (2, 3, 4, 50)] == [2, 4, 4, 4]


def test_the_process_as_a_whole_is_bounded() -> None:
    """With every turn failing at one moment, retries end at the bucket and 10%."""
    retries = budget()
    assert spend(retries, 1_000) == pytest.approx(MAX_TOKENS + 100, abs=3)


def test_one_retry_a_second_returns() -> None:
    """An empty bucket fills by one retry a second, also without traffic."""
    clock = ManualClock()
    retries = budget(clock=clock)
    while retries.spend():
        pass
    clock.advance(5)
    assert [retries.spend() for _ in range(7)].count(True) == 5


def test_the_bucket_does_not_overflow() -> None:
    """A quiet night saves up 20 retries, no more."""
    clock = ManualClock()
    retries = budget(clock=clock)
    clock.advance(36_000)
    assert [retries.spend() for _ in range(100)].count(True) == MAX_TOKENS


def test_a_turn_at_its_limit_spends_nothing() -> None:
    """Refused retries of one turn leave the bucket to the others."""
    retries = budget()
    turn = retries.turn()
    for _ in range(50):
        turn.delay_s(after_overload=False)
    assert [retries.spend() for _ in range(100)].count(True) == MAX_TOKENS - 3


def test_fewer_by_setting() -> None:
    """With ``per_turn`` 0 nothing is tried again."""
    retries = RetryBudget(ManualClock(), ScriptedRandom(1), per_turn=0)
    assert retries.turn().delay_s(after_overload=False) is None


@pytest.mark.parametrize("per_turn", [-1, 4])
def test_never_more_by_setting(per_turn: int) -> None:
    """More than three a turn is refused."""
    with pytest.raises(ValueError, match="per_turn"):
        RetryBudget(ManualClock(), ScriptedRandom(1), per_turn=per_turn)


def test_what_was_spent_before_stays_spent() -> None:
    """A turn that comes again goes on counting, pauses included."""
    turn = budget().turn(spent=2, overloads=1)
    assert turn.delay_s(after_overload=True) is None
    delays = [turn.delay_s(after_overload=False) for _ in range(2)]
    assert delays == [2, None]
