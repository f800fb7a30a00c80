"""A circuit breaker: stops calls to what is down, and finds out when it is up again.

Closed, open and half-open as in Nygard, Release It! (2nd ed., 2018), chapter 5.
"""

from collections.abc import Callable
from typing import Literal

from mainstay.ports.chance import Random
from mainstay.ports.clock import Clock
from mainstay.resilience.breaker_options import DEFAULTS, BreakerOptions
from mainstay.resilience.breaker_phases import (
    Closed,
    HalfOpen,
    Held,
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
        self._openings = 0
        self._phase: Phase = Closed(options, None)

    @property
    def options(self) -> BreakerOptions:
        """The limits."""
        return self._options

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
            case Held(state):
                return state

    @property
    def failures(self) -> int:
        """Failures in a row while closed; 0 otherwise."""
        return self._phase.failures if isinstance(self._phase, Closed) else 0

    @property
    def retry_in_s(self) -> float | None:
        """Seconds until an open one lets a trial through; None unless open."""
        match self._phase:
            case Open(until_s) | Held("open", until_s):
                return max(0.0, until_s - self._clock.monotonic_s())
            case _:
                return None

    @property
    def needs_trial(self) -> bool:
        """Whether the next call, if it passed, would be a trial."""
        match self._phase:
            case Open(until_s) | Held("open", until_s):
                return self._clock.monotonic_s() >= until_s
            case HalfOpen():
                return True
            case Closed() | Held():
                return False

    @property
    def held_for_s(self) -> float:
        """Seconds for which an operator's word counts, rather than results."""
        if not isinstance(self._phase, Held):
            return 0.0
        return max(0.0, self._phase.until_s - self._clock.monotonic_s())

    @property
    def ramps(self) -> bool:
        """Whether closing, from here, begins with a share of the calls."""
        return isinstance(self._phase, Open | HalfOpen) and self._phase.ramps

    @property
    def reopened(self) -> int:
        """How often its open time has doubled since it had recovered."""
        return self._reopened

    @property
    def openings(self) -> int:
        """How often calls here have opened it, or prolonged that, by their results."""
        return self._openings

    def admit(self) -> "Permit | None":
        """Let a call pass, or return None; report its result to the permit."""
        self.let_go()
        now_s = self._clock.monotonic_s()
        match self._phase:
            case Held(state) as phase:
                return Permit(self, phase) if state == "closed" else None
            case Open(until_s, ramps) as shut:
                if now_s < until_s:
                    sent = shut.sends_canary(self._options.canary_every)
                    return Permit(self, shut) if sent else None
                phase = HalfOpen(self._options, ramps=ramps)
                self._enter(phase)
            case HalfOpen() as stuck if stuck.is_stuck(now_s):
                # Callers that died without a word must not keep it half-open forever.
                phase = self._phase = HalfOpen(self._options, ramps=stuck.ramps)
            case Closed() | HalfOpen() as phase:
                pass
        return Permit(self, phase) if phase.admits(now_s) else None

    def trip(self, for_s: float, *, ramps: bool = False) -> None:
        """Open it for at least ``for_s`` seconds: the other side said to stay away.

        For a rate limit, a model that is gone, a provider that is off: nothing failed,
        so trials follow as ever, but no ramp, and no later open time gets longer. With
        ``ramps`` one follows, as the other side wants who comes back to come slowly.

        Raises:
            ValueError: ``for_s`` is not greater than 0.
        """
        if not for_s > 0:
            raise ValueError(f"for_s must be greater than 0, not {for_s}")
        if not self.held_for_s:
            self._openings += 1
            self._stay_away(for_s, ramps=ramps, canaries=False)

    def follow(self, for_s: float, *, ramps: bool, reopened: int) -> None:
        """Open it for at least ``for_s`` seconds: another process knows better.

        Args:
            for_s: seconds; with 0 the next call is a trial.
            ramps: whether something failed there, so that closing begins with a ramp.
            reopened: how often the open time has doubled there.
        """
        if not self.held_for_s:
            self._stay_away(max(0.0, for_s), ramps=ramps, canaries=reopened > 0)
            self._reopened = reopened

    def begin_trials(self) -> None:
        """End its open time: a call of another process got through."""
        if isinstance(self._phase, Open):
            self._phase.until_s = min(self._phase.until_s, self._clock.monotonic_s())

    def close(self, *, ramps: bool) -> None:
        """Close it: trials of other processes worked."""
        if isinstance(self._phase, Open | HalfOpen):
            self._close(ramps=ramps)

    def reopen(self) -> None:
        """Open it after trials that all processes made together; else do nothing."""
        if isinstance(self._phase, HalfOpen):
            self._open(self._phase, self._clock.monotonic_s())

    def hold(self, state: Literal["open", "closed"], for_s: float) -> None:
        """Keep it open or closed for ``for_s`` seconds, whatever calls result in."""
        self._enter(Held(state, self._clock.monotonic_s() + for_s))

    def let_go(self, *, now: bool = False) -> None:
        """Leave it to itself once a hold is over, or ``now``.

        One that was held open goes on with trials, one that was held closed is closed.
        """
        phase, now_s = self._phase, self._clock.monotonic_s()
        if isinstance(phase, Held) and (now or now_s >= phase.until_s):
            is_open = phase.state == "open"
            self._enter(
                Open(now_s, ramps=True) if is_open else Closed(self._options, None)
            )

    def _stay_away(self, for_s: float, *, ramps: bool, canaries: bool) -> None:
        now_s = self._clock.monotonic_s()
        until_s = now_s + for_s
        match self._phase:
            case Open() as phase if until_s <= phase.until_s:
                phase.ramps |= ramps
            case Open(ramps=ramped):
                # Another generation: a canary of the old one knows nothing of this.
                self._phase = Open(until_s, ramps or ramped, canaries)
            case HalfOpen(ramps=ramped):
                self._enter(Open(until_s, ramps or ramped, canaries))
            case Closed() as phase:
                self._forgive(phase, now_s)
                ramps = ramps or not phase.is_steady(now_s)
                self._enter(Open(until_s, ramps, canaries))
            case Held():
                self._enter(Open(until_s, True, canaries))

    def settle(self, phase: Phase, result: Result) -> None:
        """Take the result of a call that ``phase`` admitted; for permits only."""
        if phase is not self._phase or isinstance(phase, Held):
            return  # an older generation, or a hold: it tells nothing of the present
        now_s = self._clock.monotonic_s()
        if isinstance(phase, Open):
            if result == "quick":
                phase.until_s = min(phase.until_s, now_s)
            return
        following = (
            phase.note(result, now_s)
            if isinstance(phase, Closed)
            else phase.note(result)
        )
        if following == "open":
            self._open(phase, now_s)
        elif following == "closed":
            self._close(ramps=isinstance(phase, HalfOpen) and phase.ramps)

    def _close(self, *, ramps: bool) -> None:
        ramp_from_s = self._clock.monotonic_s() if ramps else None
        self._enter(Closed(self._options, ramp_from_s))

    def _open(self, phase: Closed | HalfOpen, now_s: float) -> None:
        if isinstance(phase, Closed):
            self._forgive(phase, now_s)
        options = self._options
        open_s = min(options.open_max_s, options.open_s * 2**self._reopened)
        spread = self._random.uniform(1 - options.jitter, 1 + options.jitter)
        if open_s < options.open_max_s:
            self._reopened += 1
        self._openings += 1
        self._enter(Open(now_s + open_s * spread, ramps=True, canaries=True))

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

    def __init__(self, breaker: Breaker, phase: Phase) -> None:
        self._breaker = breaker
        self._phase: Phase | None = phase

    @property
    def is_canary(self) -> bool:
        """Whether an open breaker let it pass, to see whether it works."""
        return isinstance(self._phase, Open)

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
