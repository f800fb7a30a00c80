"""How much this process has to do, and what it turns away before that is too much."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count, cycle
from typing import Literal, TypeVar

from mainstay.gateway.problems import Problem
from mainstay.ports.clock import Clock
from mainstay.ports.telemetry import RequestShed, SheddingChanged, Telemetry
from mainstay.resilience.every import Every

Kind = Literal["read", "open", "message"]
Cause = Literal["requests", "store", "loop", "memory", "backlog"]

T = TypeVar("T")

LOOK_S = 0.1
MEMORY_EVERY = 5
"""Looks between two at the memory."""

CALM_S = 5.0
"""Shedding is over when nothing was turned away for so long."""

AGAIN_S = (1, 2, 3)
"""``Retry-After`` in turn, so that those turned away do not come back together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a gateway process bears.

    Args:
        requests: requests in work at once; those that wait for a reply do not count.
        lag_s: seconds that the event loop comes late, twice in a row.
        commits: messages and conversations that wait for their commit; together with
        commit_s: how long the first of them has waited, in seconds.
        memory_bytes: resident memory; 0 for no bound.
        few: requests at once that are served whatever the memory.
        late_s: how late the watchdog's holding replies are, in seconds.
        read_share: reads and streams are turned away from this share of ``requests``
            and ``lag_s`` on: before messages are.
    """

    requests: int = 4_000
    lag_s: float = 1.0
    commits: int = 256
    commit_s: float = 1.0
    memory_bytes: int = 0
    few: int = 32
    late_s: float = 1.5
    read_share: float = 0.5

    def __post_init__(self) -> None:
        for name in ("requests", "lag_s", "commits", "commit_s", "few", "late_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0")
        if not 0 < self.read_share <= 1:
            raise ValueError("read_share must be over 0 and at most 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """What is measured elsewhere.

    Args:
        memory: this process's resident memory in bytes.
        late_s: seconds that holding replies are late while there are too many of them.
    """

    memory: Callable[[], int] = lambda: 0
    late_s: Callable[[], float] = lambda: 0.0


class Load:
    """Measures, and says what is too much.

    Args:
        clock: time.
        telemetry: is told of what is turned away.
        options: the bounds.
        gauges: what is measured elsewhere.
    """

    def __init__(
        self,
        clock: Clock,
        telemetry: Telemetry,
        options: LoadOptions | None = None,
        gauges: Gauges | None = None,
    ) -> None:
        self._clock = clock
        self._telemetry = telemetry
        self._options = options or LoadOptions()
        self._gauges = gauges or Gauges()
        self._busy = 0
        self._numbers = count()
        self._commits: dict[int, float] = {}
        self._looked_s = clock.monotonic_s()
        self._looks = 0
        self._lags_s = (0.0, 0.0)
        self._memory_bytes = 0
        self._again_s = cycle(AGAIN_S)
        self._shed = 0
        self._shed_s = 0.0
        self._looking = Every(LOOK_S, self._look, clock)

    async def start(self) -> None:
        """Start to measure."""
        self._looked_s = self._clock.monotonic_s()
        await self._looking.start()

    async def stop(self) -> None:
        """Stop measuring; may be repeated."""
        await self._looking.stop()

    @property
    def busy(self) -> int:
        """Requests in work."""
        return self._busy

    def enter(self) -> None:
        """A request is worked on, again perhaps."""
        self._busy += 1

    def leave(self) -> None:
        """It is no longer: answered, or waiting for something to happen."""
        self._busy -= 1

    async def committed(self, work: Awaitable[T]) -> T:
        """Return what the store made of something, noting how long it takes."""
        number = next(self._numbers)
        self._commits[number] = self._clock.monotonic_s()
        try:
            return await work
        finally:
            del self._commits[number]

    def pressure(self, kind: Kind) -> Cause | None:
        """Return why a request of this kind is too much now; None when it is not."""
        options = self._options
        share = options.read_share if kind == "read" else 1.0
        # A message is in work itself by then.
        others = self._busy - (kind == "message")
        if others >= options.requests * share:
            return "requests"
        if min(self._lags_s) >= options.lag_s * share:
            return "loop"
        if 0 < options.memory_bytes < self._memory_bytes and others >= options.few:
            # It may stay high when the flood is over, so some are always served.
            return "memory"
        return None if kind == "read" else self._behind(kind)

    def shed(self, kind: Kind, cause: Cause) -> Problem:
        """Return what to tell a caller that is turned away."""
        if self._shed == 0:
            self._telemetry.emit(SheddingChanged("began", cause, 1))
        self._shed += 1
        self._shed_s = self._clock.monotonic_s()
        self._telemetry.emit(RequestShed(kind, cause))
        again_s = next(self._again_s)
        return Problem(
            503,
            "overloaded",
            f"Too much at once; nothing was stored. Try again in {again_s} s.",
            headers={"retry-after": str(again_s)},
        )

    def _behind(self, kind: Kind) -> Cause | None:
        options = self._options
        if len(self._commits) >= options.commits:
            waited_s = self._clock.monotonic_s() - next(iter(self._commits.values()))
            if waited_s >= options.commit_s:
                return "store"
        if kind == "message" and self._gauges.late_s() >= options.late_s:
            return "backlog"
        return None

    async def _look(self) -> None:
        now_s = self._clock.monotonic_s()
        lag_s = now_s - self._looked_s - LOOK_S
        self._looked_s = now_s
        self._lags_s = (self._lags_s[1], lag_s)
        if self._looks % MEMORY_EVERY == 0:
            self._memory_bytes = self._gauges.memory()
        self._looks += 1
        if self._shed and now_s - self._shed_s >= CALM_S:
            self._telemetry.emit(SheddingChanged("ended", "", self._shed))
            self._shed = 0
