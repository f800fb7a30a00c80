"""A circuit breaker: stops calls to what is down, and finds out when it is up again.

Closed, open and half-open as in Nygard, Release It! (2nd ed., 2018), chapter 5.
"""

from collections.abc import Callable

from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.resilience.breaker_options import DEFAULTS, BreakerOptions
from mainstay.resilience.breaker_phases import (
    Closed,
    HalfOpen,
    Open,
    Phase,
    Result,
    State,
)

__all__ = ["Breaker", "BreakerOptions", "Permit", "State"]


class Breaker:
    """Guards one thing that can fail: a model, a tool.

    It never awaits: on one event loop, no two callers see the same free trial. Not for
    use from several threads.

    Args:
        clock: monotonic time.
        random: varies the open times.
        options: the limits.
        on_change: is told each new state; must not raise.
    """

    def __init__(
        self,
        clock: Clock,
        random: Random,
        options: BreakerOptions = DEFAULTS,
        *,
        on_change: Callable[[State], None],
    ) -> None:
        self._clock = clock
        self._random = random
        self._options = options
        self._on_change = on_change
        self._reopened = 0
        self._opened = 0
        self._tripped = 0
        self._phase: Phase = Closed(options, None)

    @property
    def state(self) -> State:
        """Where it stands; ``open`` until the first call after the open time."""
        match self._phase:
            case Closed():
                return "closed"
            case Open():
                return "open"
            case HalfOpen():
                return "half_open"

    @property
    def failures(self) -> int:
        """Failures in a row while closed; 0 otherwise."""
        return self._phase.failures if isinstance(self._phase, Closed) else 0

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until an open one lets a trial through; None unless open."""
        if not isinstance(self._phase, Open):
            return None
        return max(0.0, self._phase.until_s - self._clock.monotonic_s())

    @property
    def opened(self) -> int:
        """How often the results of calls here have opened it."""
        return self._opened

    @property
    def tripped(self) -> int:
        """How often ``trip`` was called."""
        return self._tripped

    def admit(self) -> "Permit | None":
        """Let a call pass, or return None; report its result to the permit."""
        now_s = self._clock.monotonic_s()
        match self._phase:
            case Open(until_s, ramps):
                if now_s < until_s:
                    return None
                phase = HalfOpen(self._options, ramps=ramps)
                self._enter(phase)
            case HalfOpen() as stuck if stuck.is_stuck(now_s):
                # Callers that died without a word must not keep it half-open forever.
                phase = self._phase = HalfOpen(self._options, ramps=stuck.ramps)
            case Closed() | HalfOpen() as phase:
                pass
        return Permit(self, phase) if phase.admits(now_s) else None

    def trip(self, for_s: float) -> None:
        """Open it for at least ``for_s`` seconds: the other side said to stay away.

        For a rate limit, a model that is gone, a provider that is off: nothing failed,
        so trials follow as ever, but no ramp, and no later open time gets longer.

        Raises:
            ValueError: ``for_s`` is not greater than 0.
        """
        self._stay_away(for_s, ramps=False)
        self._tripped += 1

    def follow(self, for_s: float, *, ramps: bool) -> None:
        """Open it for at least ``for_s`` seconds: another process knows better.

        As ``trip``, but with a ramp if ``ramps``: there, something failed.

        Raises:
            ValueError: ``for_s`` is not greater than 0.
        """
        self._stay_away(for_s, ramps=ramps)

    def _stay_away(self, for_s: float, *, ramps: bool) -> None:
        if not for_s > 0:
            raise ValueError(f"for_s must be greater than 0, not {for_s}")
        now_s = self._clock.monotonic_s()
        until_s = now_s + for_s
        match self._phase:
            case Open() as phase:
                phase.until_s = max(phase.until_s, until_s)
                phase.ramps |= ramps
            case HalfOpen(ramps=ramped):
                self._enter(Open(until_s, ramps or ramped))
            case Closed() as phase:
                self._forgive(phase, now_s)
                self._enter(Open(until_s, ramps or not phase.is_steady(now_s)))

    def settle(self, phase: Closed | HalfOpen, result: Result) -> None:
        """Take the result of a call that ``phase`` admitted; for permits only."""
        if phase is not self._phase:
            return  # an older generation: it tells nothing of the present
        now_s = self._clock.monotonic_s()
        following = (
            phase.note(result, now_s)
            if isinstance(phase, Closed)
            else phase.note(result)
        )
        if following == "open":
            self._open(phase, now_s)
        elif following == "closed":
            ramps = isinstance(phase, HalfOpen) and phase.ramps
            self._enter(Closed(self._options, now_s if ramps else None))

    def _open(self, phase: Closed | HalfOpen, now_s: float) -> None:
        if isinstance(phase, Closed):
            self._forgive(phase, now_s)
        options = self._options
        open_s = min(options.open_max_s, options.open_s * 2**self._reopened)
        spread = self._random.uniform(1 - options.jitter, 1 + options.jitter)
        if open_s < options.open_max_s:
            self._reopened += 1
        self._opened += 1
        self._enter(Open(now_s + open_s * spread, ramps=True))

    def _forgive(self, phase: Closed, now_s: float) -> None:
        """After a whole recovery, let open times begin with the first again."""
        if phase.is_steady(now_s):
            self._reopened = 0

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._on_change(self.state)


class Permit:
    """One admitted call; its first report counts, later ones are ignored.

    Args:
        breaker: who admitted it.
        phase: the phase it was admitted in.
    """

    __slots__ = ("_breaker", "_phase")

    def __init__(self, breaker: Breaker, phase: Closed | HalfOpen) -> None:
        self._breaker = breaker
        self._phase: Closed | HalfOpen | None = phase

    def success(self, *, slow: bool = False) -> None:
        """The call worked; ``slow`` when it took longer than is good."""
        self._settle("slow" if slow else "quick")

    def failure(self) -> None:
        """The call failed through the fault of the other side."""
        self._settle("failed")

    def neutral(self) -> None:
        """The call tells nothing: cancelled, or our own fault; gives a trial back."""
        self._settle("neutral")

    def _settle(self, result: Result) -> None:
        phase, self._phase = self._phase, None
        if phase is not None:
            self._breaker.settle(phase, result)
