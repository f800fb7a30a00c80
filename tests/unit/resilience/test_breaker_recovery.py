import asyncio

import pytest

from mainstay.testing.guarded import Guarded


class TestTrials:
    """What half-open admits, and what it makes of it."""

    async def test_three_of_a_hundred(self) -> None:
        """Of 100 callers at once, exactly 3 are admitted while their calls run."""
        guarded = Guarded().half_open()

        async def call() -> bool:
            permit = guarded.breaker.admit()
            await guarded.clock.sleep(1)
            return permit is not None

        calls = [asyncio.create_task(call()) for _ in range(100)]
        await guarded.clock.until_sleepers(100)
        guarded.clock.advance(1)
        assert sum(await asyncio.gather(*calls)) == 3

    def test_three_successes_close(self) -> None:
        """Two good trials are not enough, the third closes it."""
        guarded = Guarded().half_open()
        guarded.call("..")
        assert guarded.breaker.state == "half_open"
        guarded.call(".")
        assert guarded.told == ["open", "half_open", "closed"]

    def test_one_failure_opens(self) -> None:
        """A failed trial opens it again, whatever went before."""
        guarded = Guarded().half_open()
        guarded.call("..x")
        assert guarded.told == ["open", "half_open", "open"]

    def test_slow_trials_do_not_close(self) -> None:
        """Two slow answers decide nothing, the third opens it again."""
        guarded = Guarded().half_open()
        guarded.call("s.s")
        assert guarded.breaker.state == "half_open"
        guarded.call("s")
        assert guarded.told == ["open", "half_open", "open"]

    def test_a_cancelled_trial_gives_its_place_back(self) -> None:
        """As often as a trial is cancelled, another one is let in instead."""
        guarded = Guarded().half_open()
        guarded.admit()
        guarded.admit()
        for _ in range(50):
            guarded.admit().neutral()
        guarded.admit()
        assert guarded.breaker.admit() is None

    def test_trials_that_never_report_are_given_up(self) -> None:
        """Three lost callers block it for half a minute, not for ever."""
        guarded = Guarded().half_open()
        lost = [guarded.admit() for _ in range(3)]
        guarded.clock.advance(29)
        assert guarded.breaker.admit() is None
        guarded.clock.advance(1)
        for _ in range(3):
            guarded.admit()
        for permit in lost:
            permit.neutral()
        assert guarded.breaker.admit() is None, (
            "a lost one gave back a place not its own"
        )


class TestGenerations:
    """Results that come too late."""

    def test_a_late_failure_does_not_open(self) -> None:
        """Calls from before the opening fail while it is closed again: ignored."""
        guarded = Guarded()
        old = [guarded.admit() for _ in range(10)]
        guarded.closed_again()
        for permit in old:
            permit.failure()
        assert (guarded.breaker.state, guarded.breaker.failures) == ("closed", 0)

    def test_a_late_success_does_not_close(self) -> None:
        """Calls from before the opening succeed while it is half-open: ignored."""
        guarded = Guarded()
        old = [guarded.admit() for _ in range(5)]
        guarded.half_open().admit()
        for permit in old:
            permit.success()
        assert guarded.breaker.state == "half_open"

    def test_a_late_trial_does_not_open(self) -> None:
        """A trial of an earlier half-open phase says nothing in a later one."""
        guarded = Guarded().half_open()
        old = guarded.admit()
        guarded.call("x")
        guarded.clock.advance(120)
        guarded.admit()
        old.failure()
        assert guarded.breaker.state == "half_open"


class TestRamp:
    """How traffic comes back."""

    @pytest.mark.parametrize(
        ("after_s", "admitted"), [(0, 100), (10, 250), (20, 500), (30, 1000)]
    )
    def test_shares(self, after_s: float, admitted: int) -> None:
        """10, 25, 50 and then 100% of the calls pass, ten seconds each."""
        guarded = Guarded().closed_again()
        guarded.clock.advance(after_s)
        assert guarded.admitted(1000) == pytest.approx(admitted, abs=1)

    def test_the_first_call_passes(self) -> None:
        """After closing, the first caller of a quiet service is not sent away."""
        assert Guarded().closed_again().admitted(1) == 1

    def test_a_breaker_that_never_opened_admits_all(self) -> None:
        """There is no ramp at the start."""
        assert Guarded().admitted(1000) == 1000


class TestTrip:
    """Opening on demand."""

    def test_open_for_exactly_so_long(self) -> None:
        """The other side's word holds to the moment: no chance, no minimum."""
        guarded = Guarded(shares=(1,))
        guarded.breaker.trip(7)
        assert guarded.told == ["open"]
        assert guarded.breaker.retry_in_s == 7
        guarded.clock.advance(7)
        assert guarded.breaker.admit() is not None

    def test_no_ramp_afterwards(self) -> None:
        """A rate limit is no failure: after three good trials all calls pass."""
        guarded = Guarded()
        guarded.breaker.trip(7)
        guarded.clock.advance(7)
        guarded.call("...")
        assert guarded.admitted(100) == 100

    def test_does_not_double(self) -> None:
        """A failure after a trip opens it for the first open time."""
        guarded = Guarded()
        guarded.breaker.trip(7)
        guarded.clock.advance(7)
        guarded.call("x")
        assert guarded.breaker.retry_in_s == pytest.approx(60)

    def test_never_shortens(self) -> None:
        """A trip of an open breaker can only prolong it; the ramp stays due."""
        guarded = Guarded().opened()
        guarded.breaker.trip(1)
        assert guarded.breaker.retry_in_s == pytest.approx(60)
        guarded.breaker.trip(90)
        assert guarded.breaker.retry_in_s == pytest.approx(90)
        guarded.clock.advance(90)
        guarded.call("...")
        assert guarded.admitted(100) == pytest.approx(10, abs=1)
        assert guarded.told == ["open", "half_open", "closed"]

    def test_during_a_trial(self) -> None:
        """A trial that meets a rate limit opens it for that time only."""
        guarded = Guarded().half_open()
        guarded.admit().neutral()
        guarded.breaker.trip(5)
        assert guarded.breaker.retry_in_s == 5
        guarded.clock.advance(5)
        guarded.call("x")
        assert guarded.breaker.retry_in_s == pytest.approx(120)

    def test_during_the_ramp(self) -> None:
        """A rate limit during the ramp starts the ramp anew."""
        guarded = Guarded().closed_again()
        guarded.breaker.trip(5)
        guarded.clock.advance(5)
        guarded.call("...")
        assert guarded.admitted(100) == pytest.approx(10, abs=1)

    @pytest.mark.parametrize("for_s", [0, -1, float("nan")])
    def test_needs_a_time(self, for_s: float) -> None:
        """A trip for no time is a mistake."""
        with pytest.raises(ValueError, match="for_s"):
            Guarded().breaker.trip(for_s)
