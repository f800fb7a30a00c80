"""Typed events of the core; only monitoring turns them into logs, metrics and spans.

A field that is left out of ``repr`` is for spans or metrics alone: no log has it.

Nobody changes an event. They are not frozen all the same: each would take 0.5 µs more
to make, and all of their classes 0.3 MB of every process.
"""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from mainstay.domain.anomaly import Signal, Standing
from mainstay.domain.reply import Level
from mainstay.domain.step import ToolCall
from mainstay.domain.turn import Turn
from mainstay.ports.author_events import (
    ErrorRecorded,
    LatencyRecorded,
    MetricRecorded,
    RecordRefused,
)
from mainstay.ports.front_events import MessageTaken, RequestServed
from mainstay.ports.journal import Approval
from mainstay.ports.model_events import (
    ModelAwaited,
    ModelCalled,
    ModelHedged,
    ModelLimitMoved,
    PoolChanged,
    PoolRead,
)
from mainstay.ports.tools import ToolOutcome
from mainstay.ports.trace_events import TraceEvent
from mainstay.ports.turn_events import (
    EffectChanged,
    Escalated,
    HandedOff,
    LeaseGone,
    TurnResumed,
)


@dataclass(slots=True)
class TurnEnded:
    """A turn ended or was put off.

    Args:
        outcome: its state, or why this attempt is over.
        level: of its reply; None without one.
        duration_ms: from claim to end.
        since_accept_ms: from accept to the commit of its reply; None without one.
        held: whether a holding reply had gone out before this attempt.
    """

    turn_id: str
    outcome: str
    level: Level | None
    duration_ms: float
    since_accept_ms: float | None = None
    attempt: int = field(default=0, repr=False, compare=False)
    held: bool = field(default=False, repr=False, compare=False)


@dataclass(slots=True)
class ToolCalled:
    """A tool call ended.

    Args:
        key: its idempotency key.
        call: what the model asked for; never logged.
        end: what came of it; never logged.
    """

    turn_id: str
    tool: str
    outcome: str
    duration_ms: float
    key: str = field(default="", repr=False, compare=False)
    call: ToolCall | None = field(default=None, repr=False, compare=False)
    end: ToolOutcome | Approval | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class BreakerChanged:
    """A breaker changed its state."""

    name: str
    state: str


@dataclass(slots=True)
class LimitReached:
    """A limit on what may be spent kept a turn from calling a model.

    Args:
        limit: whose and in what, e.g. ``customer_usd``.
    """

    turn_id: str
    limit: str


@dataclass(slots=True)
class Held:
    """The watchdog sent a holding reply.

    Args:
        duration_ms: what its commit took.
        turn: the turn; not logged.
        since_accept_ms: from accept to that commit; None where it is not known.
    """

    turn_id: str
    duration_ms: float = field(default=0.0, repr=False, compare=False)
    turn: Turn | None = field(default=None, repr=False, compare=False)
    since_accept_ms: float | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class Buried:
    """A dead process was found and its leases voided."""

    owner: str
    leases: int


@dataclass(slots=True)
class Evicted:
    """A stopped process that kept everybody from writing was killed."""

    pid: int
    stopped_s: float


@dataclass(slots=True)
class CacheStateChanged:
    """The shared cache can be had again, or no longer; work goes on without it.

    Args:
        state: ``slow`` when it answers too late or not at all, ``down`` when it fails.
        detail: why, without addresses' passwords or cached data; empty when ``up``.
    """

    state: Literal["up", "down", "slow"]
    detail: str = ""


@dataclass(slots=True)
class SecretRotated:
    """A secret's new value is used from now on.

    Args:
        name: the setting; never its value.
    """

    name: str


@dataclass(slots=True)
class CacheBypassed:
    """Something was done without the shared cache, because it was away.

    Args:
        use: ``limit``: a request was counted here only; ``context``: a conversation
            was read from the store alone; ``breaker`` and ``block``: nobody else was
            told of an opening, or of a model's rate limit; ``pool``: a slice of a
            model's limits was leased here.
    """

    use: Literal["limit", "context", "breaker", "block", "pool"]


@dataclass(slots=True)
class RequestShed:
    """A request was turned away unread, because there is too much to do.

    Args:
        kind: ``read`` (a stream too), ``open`` (a new conversation) or ``message``.
        cause: what there is too much of: ``requests`` in work; ``store``, commits that
            wait; ``loop``, work before the event loop; ``memory``; ``backlog``,
            customers whose holding replies are late.
    """

    kind: Literal["read", "open", "message"]
    cause: Literal["requests", "store", "loop", "memory", "backlog"]


@dataclass(slots=True)
class SheddingChanged:
    """Requests begin to be turned away, or no longer are.

    Args:
        cause: of the first one; empty when it ``ended``.
        requests: how many were turned away.
    """

    state: Literal["began", "ended"]
    cause: str
    requests: int


@dataclass(slots=True)
class CheckChanged:
    """A health check begins to fail, or no longer does.

    Args:
        check: its name.
        detail: what was found.
    """

    check: str
    state: Literal["failing", "ok"]
    detail: str = ""


@dataclass(slots=True)
class AnomalyChanged:
    """A signal is no longer as it was at this hour of past weeks, or is again.

    Args:
        signal: which.
        state: ``unusual``, or what it is now.
        score: how unusual, 4 and more is.
        value: what this hour has.
        expected: the median of past weeks.
    """

    signal: Signal
    state: Standing
    score: float
    value: float
    expected: float


@dataclass(slots=True)
class Trouble:
    """Something failed that the system lives with; it will be tried again.

    Args:
        where: the part.
        error: the exception's type and message, without customer text.
    """

    where: str
    error: str


@dataclass(slots=True)
class TelemetryDropped:
    """Telemetry was thrown away so that nothing waits for it.

    Args:
        signal: ``spans``, ``metrics``, ``logs`` or ``custom``.
        count: how many pieces.
    """

    signal: str
    count: int


TelemetryEvent = (
    TurnEnded
    | ModelCalled
    | ModelAwaited
    | ModelHedged
    | ModelLimitMoved
    | ToolCalled
    | BreakerChanged
    | LimitReached
    | Held
    | Buried
    | Evicted
    | CacheStateChanged
    | CacheBypassed
    | PoolRead
    | PoolChanged
    | SecretRotated
    | RequestShed
    | SheddingChanged
    | CheckChanged
    | AnomalyChanged
    | Trouble
    | RequestServed
    | MessageTaken
    | TurnResumed
    | LeaseGone
    | EffectChanged
    | Escalated
    | HandedOff
    | LatencyRecorded
    | ErrorRecorded
    | MetricRecorded
    | RecordRefused
    | TelemetryDropped
)


AnyEvent = TelemetryEvent | TraceEvent
"""What telemetry takes: events that are logged and counted, and those for spans."""


class Telemetry(Protocol):
    """Takes the core's events; must not block or raise."""

    def emit(self, event: AnyEvent) -> None:
        """Take one event."""
        ...
