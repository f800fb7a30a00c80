import asyncio
from dataclasses import dataclass, field

import pytest

from mainstay.resilience.breaker import Breaker, Permit, State
from mainstay.testing.chance import ScriptedRandom
from mainstay.testing.clock import ManualClock

OPEN_S = 60.0


@dataclass
class Guarded:
    """A breaker with default options on a manual clock, and the states it told of."""

    shares: tuple[float, ...] = (0.5,)
    clock: ManualClock = field(default_factory=ManualClock)
    told: list[State] = field(default_factory=list[State])

    def __post_init__(self) -> None:
        random = ScriptedRandom(*self.shares)
        self.breaker = Breaker(self.clock, random, on_change=self.told.append)

    def admit(self) -> Permit:
        """Return a permit; the test fails if there is none."""
        permit = self.breaker.admit()
        assert permit is not None
        return permit

    def call(self, results: str) -> None:
        """Make calls one after the other: quick ``.``, slow ``s``, failed ``x``."""
        for result in results:
            permit = self.admit()
            match result:
                case "x":
                    permit.failure()
                case "s":
                    permit.success(slow=True)
                case _:
                    permit.success()

    def opened(self) -> "Guarded":
        """Return itself, opened by failures."""
        self.call("xxxxx")
        assert self.breaker.state == "open"
        return self

    def half_open(self) -> "Guarded":
        """Return itself, opened and ready for trials."""
        self.opened().clock.advance(OPEN_S)
        return self

    def closed_again(self) -> "Guarded":
        """Return itself at the begin of the ramp."""
        self.half_open().call("...")
        assert self.breaker.state == "closed"
        return self

    def admitted(self, calls: int) -> int:
        """Return how many of so many calls get through; each works."""
        permits = [self.breaker.admit() for _ in range(calls)]
        for permit in permits:
            if permit is not None:
                permit.success()
        return sum(permit is not None for permit in permits)


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
        guarded.clock.advance(OPEN_S)
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
        """Three lost callers block it for two minutes, not for ever."""
        guarded = Guarded().half_open()
        lost = [guarded.admit() for _ in range(3)]
        guarded.clock.advance(119)
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
