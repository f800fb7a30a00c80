"""The limit on calls at once: where it settles, and when it stays out of the way."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from loaded_model import LoadedModel, queueing

from mainstay.resilience.concurrency_limit import ConcurrencyLimit, ConcurrencyOptions
from mainstay.testing.chance import SeededRandom
from mainstay.testing.clock import ManualClock

MOST = 320


def test_a_healthy_model_is_never_limited() -> None:
    """Whatever a worker has in flight passes while the first text comes soon."""
    model = LoadedModel(lambda load: 0.5)
    assert set(model.run_for(60, customers=256)) == {MOST}
    assert model.causes == []


def test_a_worker_full_of_new_work_passes_beside_the_reserve() -> None:
    """256 turns at once, none of them under way, find room from the first moment."""
    limit = ConcurrencyLimit(ManualClock(), on_change=lambda limit, cause: None)
    assert all(limit.admit(underway=False) for _ in range(256))
    assert limit.admit(underway=False) is None
    assert all(limit.admit(underway=True) for _ in range(64))
    assert limit.admit(underway=True) is None


@pytest.mark.parametrize("seed", range(5))
def test_it_settles_near_what_the_model_bears(seed: int) -> None:
    """A model that works on 40 calls has 30 to 85, 45 in the mean, half a minute on.

    It grows until the first text comes 1.5 times later, then it is cut. No work is lost
    by it: the model ends as many calls as it can.
    """
    model = LoadedModel(queueing(1.5, bears=40), chance=SeededRandom(seed))
    model.run_for(20, customers=20)
    model.run_for(30, customers=200)
    before = model.ended
    seen = model.run_for(180, customers=200)
    assert min(seen) >= 30
    assert max(seen) <= 85
    assert 40 <= sum(seen) / len(seen) <= 52
    assert (model.ended - before) / 180 >= 40 / (1.5 + model.writes_s)


def test_it_settles_below_where_the_model_turns_calls_away() -> None:
    """Where 529s begin, the limit stays around; nearly no call meets one."""
    model = LoadedModel(lambda load: 0.5, turns_away=60)
    model.run_for(20, customers=200)
    seen = model.run_for(180, customers=200)
    assert min(seen) >= 38
    assert max(seen) <= 66


def test_a_cold_start_into_an_overload_settles_too() -> None:
    """Without a quiet time to learn from, the absolute bounds are what it goes by."""
    model = LoadedModel(queueing(1.5, bears=40))
    model.run_for(40, customers=250)
    assert max(model.run_for(120, customers=250)) <= 85


def test_it_recovers_with_the_model() -> None:
    """A model that bears everything again gets everything within half a minute."""
    model = LoadedModel(queueing(1.5, bears=40))
    model.run_for(20, customers=20)
    assert model.run_for(60, customers=200)[-1] < 80
    model.first_text_s = lambda load: 0.5
    assert model.run_for(30, customers=200)[-1] >= 200


def test_a_model_that_is_slow_for_another_reason_is_left_alone() -> None:
    """Long prompts, a slower model: a cut that does not help is taken back at once."""
    model = LoadedModel(lambda load: 3.0)
    model.run_for(20, customers=200)
    assert model.causes == ["slow", "in_vain"]
    assert set(model.run_for(120, customers=200)) == {MOST}


def test_times_that_no_customer_can_be_left_with_always_cut() -> None:
    """Above 4 s nobody asks whose fault it is: fewer customers wait so long."""
    model = LoadedModel(lambda load: 5.0)
    assert model.run_for(90, customers=200)[-1] == 20
    assert set(model.causes) == {"slow"}


def test_no_time_above_the_bound_becomes_the_usual_one() -> None:
    """A model that is slow for another reason, and gets slower, is cut after all."""
    model = LoadedModel(lambda load: 3.6)
    model.run_for(40, customers=200)
    assert model.causes == ["slow", "in_vain"]
    model.first_text_s = lambda load: 4.4
    assert model.run_for(60, customers=200)[-1] < 100


def test_little_traffic_never_moves_it() -> None:
    """20 calls at once or fewer are no load; neither slowness nor 529s cut then."""
    slow = LoadedModel(lambda load: 7.0)
    assert set(slow.run_for(120, customers=20)) == {MOST}
    full = LoadedModel(lambda load: 0.5, turns_away=5)
    assert set(full.run_for(60, customers=20)) == {MOST}


def test_it_does_not_grow_unless_it_is_used() -> None:
    """What few calls show says nothing about many."""
    model = LoadedModel(queueing(1.5, bears=40))
    model.run_for(60, customers=200)
    before = model.run_for(30, customers=8)[-1]
    assert set(model.run_for(25, customers=8)) == {before}


def test_unused_for_a_minute_it_starts_anew() -> None:
    """What was learnt before the night is no reason to turn the morning away."""
    model = LoadedModel(queueing(1.5, bears=40))
    model.run_for(60, customers=200)
    model.run_for(70, customers=5)
    assert model.limit.limit == MOST
    assert model.causes[-1] == "unused"


def test_a_single_overload_among_many_calls_cuts_nothing() -> None:
    """One call in twenty that is turned away is a matter for the retry."""
    clock = ManualClock()
    limit = ConcurrencyLimit(clock, on_change=lambda limit, cause: None)
    for n in range(2_000):
        slots = [limit.admit(underway=True) for _ in range(40)]
        clock.advance(0.1)
        for m, slot in enumerate(slots):
            assert slot is not None
            if m == n % 40 and n % 2 == 0:
                slot.overloaded()
            else:
                slot.ended(0.5)
    assert limit.limit == MOST


def test_what_began_before_a_cut_says_nothing_after_it() -> None:
    """The calls that caused a cut must not cause a second one when they end."""
    model = LoadedModel(lambda load: 0.5, turns_away=100)
    limit, clock = model.limit, model.clock
    slots = [limit.admit(underway=True) for _ in range(200)]
    clock.advance(2)
    for slot in slots:
        assert slot is not None
        slot.overloaded()
    assert model.causes == ["overloaded"]
    assert limit.limit == 140


def test_calls_without_text_thin_the_judgement_out_but_do_not_end_it() -> None:
    """With three of four responses calling tools, a slow model is still cut."""
    clock = ManualClock()
    limit = ConcurrencyLimit(clock, on_change=lambda limit, cause: None)
    for _ in range(4):
        slots = [limit.admit(underway=True) for _ in range(60)]
        clock.advance(5)
        for n, slot in enumerate(slots):
            assert slot is not None
            slot.ended(5.0 if n % 4 == 0 else None)
        assert limit.in_flight == 0
    assert limit.limit == 30


def test_a_neutral_end_gives_its_place_back_and_tells_nothing() -> None:
    """A cancelled call is no sample; a second report of one call is ignored."""
    clock = ManualClock()
    options = ConcurrencyOptions(least=1, most=1, reserve=0, min_samples=1)
    limit = ConcurrencyLimit(clock, options, on_change=lambda limit, cause: None)
    for _ in range(50):
        slot = limit.admit(underway=False)
        assert slot is not None
        assert limit.admit(underway=False) is None
        clock.advance(9)
        slot.neutral()
        slot.ended(9.0)
    assert (limit.in_flight, limit.limit) == (0, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("least", 0),
        ("most", 19),
        ("min_samples", 0),
        ("window_s", 0),
        ("quick_s", 0),
        ("slow_s", 1.9),
        ("tolerance", 1),
        ("overload_share", 0),
        ("overload_cut", 1),
        ("cut_most", 0),
        ("cut_least", 0.4),
        ("growth", 0),
        ("regain", 1.1),
        ("forget_s", 0),
        ("wait_s", 0),
        ("wait_share", 0),
        ("leave_s", -1),
        ("reserve", 1),
    ],
)
def test_out_of_range(name: str, value: float) -> None:
    """A bound out of its range is refused by name."""
    with pytest.raises(ValueError, match=name):
        ConcurrencyOptions(**{name: value})  # pyright: ignore[reportArgumentType]
