import pytest

from mainstay.resilience.breaker import Breaker, BreakerOptions, Permit
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failures_in_a_row", 0),
        ("min_calls", 0),
        ("latest_calls", 0),
        ("canary_every", 0),
        ("probes", 0),
        ("successes", 0),
        ("window_s", 0),
        ("open_s", -1),
        ("open_max_s", 59),
        ("probe_lost_s", 0),
        ("ramp_s", 0),
        ("failed_share", 1.1),
        ("slow_share", 0),
        ("jitter", 1),
        ("ramp", (0.1, 0)),
    ],
)
def test_out_of_range(name: str, value: object) -> None:
    """A limit out of its range is refused by name."""
    with pytest.raises(ValueError, match=name):
        BreakerOptions(**{name: value})  # pyright: ignore[reportArgumentType]


def test_every_fault_is_named() -> None:
    """Two wrong limits are told at once."""
    with pytest.raises(ValueError, match=r"probes.*; jitter"):
        BreakerOptions(probes=0, jitter=2)


def test_an_empty_ramp_is_none() -> None:
    """Without ramp shares, closing admits all calls at once."""
    clock = ManualClock()
    options = BreakerOptions(ramp=(), failures_in_a_row=1, successes=1)
    breaker = Breaker(clock, ScriptedRandom(0.5), options, on_change=lambda _: None)
    for report in (Permit.failure, Permit.success):
        permit = breaker.admit()
        assert permit is not None
        report(permit)
        clock.advance(60)
    assert all(breaker.admit() for _ in range(100))
