import pytest

from mainstay.testing.guarded import Guarded


class TestOpening:
    """What opens a closed breaker, and what does not."""

    def test_five_failures_in_a_row(self) -> None:
        """The fifth failure in a row opens it; no call passes then."""
        guarded = Guarded()
        guarded.call("xxxx")
        assert (guarded.breaker.state, guarded.breaker.failures) == ("closed", 4)
        guarded.call("x")
        assert guarded.told == ["open"]
        assert guarded.breaker.admit() is None

    def test_a_success_starts_the_row_anew(self) -> None:
        """Four failures, a success and four failures are no row of five."""
        guarded = Guarded()
        guarded.call("xxxx.xxxx")
        assert guarded.breaker.state == "closed"

    def test_a_row_counts_however_slowly_it_comes(self) -> None:
        """With a call every five minutes, five failures still open it."""
        guarded = Guarded()
        for _ in range(5):
            guarded.call("x")
            guarded.clock.advance(300)
        assert guarded.told == ["open"]

    def test_a_row_means_nothing_among_many_calls(self) -> None:
        """From 20 calls on, five failures in a row among good ones do not open it."""
        guarded = Guarded()
        guarded.call("." * 20 + "xxxxx")
        assert guarded.breaker.state == "closed"

    def test_half_failed_of_twenty(self) -> None:
        """With the twentieth call, half of them failed opens it; not one earlier."""
        guarded = Guarded()
        guarded.call("x." * 9 + ".")
        assert guarded.breaker.state == "closed"
        guarded.call("x")
        assert guarded.told == ["open"]

    def test_a_busy_one_opens_on_the_latest_hundred(self) -> None:
        """Fifty failures in a row open it after a minute of 5,900 good calls."""
        guarded = Guarded()
        for _ in range(59):
            guarded.call("." * 100)
            guarded.clock.advance(1)
        guarded.call("x" * 49)
        assert guarded.breaker.state == "closed"
        guarded.call("x")
        assert guarded.told == ["open"]

    def test_a_fifth_failed_leaves_a_busy_one_closed(self) -> None:
        """A hundred calls a second, each fifth failed, for ten minutes."""
        guarded = Guarded()
        for _ in range(600):
            guarded.call("x...." * 20)
            guarded.clock.advance(1)
        assert guarded.told == []

    def test_the_latest_of_a_quiet_one_may_be_old(self) -> None:
        """Old failures count only while a hundred calls are in the window."""
        guarded = Guarded()
        guarded.call("." * 51 + "x" * 49)
        guarded.clock.advance(61)
        guarded.call("." * 20 + "x")
        assert guarded.told == []

    def test_less_than_half_failed(self) -> None:
        """Nine failures among twenty leave it closed."""
        guarded = Guarded()
        guarded.call("x." * 9 + "..")
        assert guarded.breaker.state == "closed"

    def test_four_fifths_slow_of_twenty(self) -> None:
        """Sixteen slow successes among twenty open it, fifteen do not."""
        guarded, fewer = Guarded(), Guarded()
        guarded.call("...." + "s" * 16)
        fewer.call("....." + "s" * 15)
        assert (guarded.breaker.state, fewer.breaker.state) == ("open", "closed")

    def test_calls_older_than_a_minute_do_not_count(self) -> None:
        """Ten failures a minute ago add nothing to ten good calls of now."""
        guarded = Guarded()
        guarded.call("x." * 9 + "x")
        guarded.clock.advance(61)
        guarded.call("." * 20)
        assert guarded.breaker.state == "closed"

    def test_neutral_calls_do_not_count(self) -> None:
        """Cancelled calls neither make up a row nor break one."""
        guarded = Guarded()
        for _ in range(30):
            guarded.admit().neutral()
        guarded.call("xxxx")
        guarded.admit().neutral()
        assert guarded.breaker.state == "closed"
        guarded.call("x")
        assert guarded.told == ["open"]

    def test_only_the_first_report_counts(self) -> None:
        """A permit that reports five times is still one call."""
        guarded = Guarded()
        permit = guarded.admit()
        for _ in range(5):
            permit.failure()
        assert guarded.breaker.failures == 1

    def test_the_wall_clock_does_not_matter(self) -> None:
        """Setting Unix time back by a day does not prolong the open time."""
        guarded = Guarded().opened()
        guarded.clock.set_wall_ms(0)
        guarded.clock.advance(60)
        assert guarded.breaker.admit() is not None


class TestOpenTime:
    """How long it stays open."""

    @pytest.mark.parametrize(("share", "open_s"), [(0, 48), (0.5, 60), (1, 72)])
    def test_a_minute_more_or_less(self, share: float, open_s: float) -> None:
        """The first time it is 60 s, up to 20% more or less as chance has it."""
        guarded = Guarded(shares=(share,)).opened()
        assert guarded.breaker.retry_in_s == pytest.approx(open_s)
        guarded.clock.advance(open_s - 0.01)
        assert guarded.breaker.admit() is None
        guarded.clock.advance(0.01)
        assert guarded.breaker.admit() is not None
        assert guarded.told == ["open", "half_open"]

    def test_doubles_up_to_five_minutes(self) -> None:
        """Each failed trial doubles the time, 300 s at most."""
        guarded = Guarded().opened()
        seen: list[float | None] = []
        for _ in range(6):
            seen.append(guarded.breaker.retry_in_s)
            guarded.clock.advance(guarded.breaker.retry_in_s or 0)
            guarded.call("x")
        assert seen == pytest.approx([60, 120, 240, 300, 300, 300])

    def test_opening_during_the_ramp_doubles_too(self) -> None:
        """Who fails again before it has recovered waits twice as long."""
        guarded = Guarded().closed_again()
        guarded.clock.advance(29)
        while guarded.breaker.state == "closed":
            if (permit := guarded.breaker.admit()) is not None:
                permit.failure()
        assert guarded.breaker.retry_in_s == pytest.approx(120)

    def test_starts_over_after_a_whole_recovery(self) -> None:
        """After the ramp the open time begins with 60 s again."""
        guarded = Guarded().closed_again()
        guarded.clock.advance(30)
        guarded.opened()
        assert guarded.breaker.retry_in_s == pytest.approx(60)

    def test_nothing_to_wait_for_unless_open(self) -> None:
        """``retry_in_s`` is None closed and half-open, and 0 when the time is over."""
        guarded = Guarded()
        assert guarded.breaker.retry_in_s is None
        guarded.half_open()
        assert guarded.breaker.retry_in_s == 0
        guarded.admit()
        assert guarded.breaker.retry_in_s is None
