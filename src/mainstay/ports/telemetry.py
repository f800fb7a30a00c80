"""Typed events of the core; only monitoring turns them into logs and metrics."""

from dataclasses import dataclass
from typing import Literal, Protocol

from mainstay.domain.reply import Level
from mainstay.domain.step import FIRST_PARTY


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """A turn ended or was put off."""

    turn_id: str
    outcome: str
    level: Level | None
    duration_ms: float


@dataclass(frozen=True, slots=True)
class ModelCalled:
    """A model call ended."""

    turn_id: str
    model: str
    outcome: str
    duration_ms: float
    detail: str = ""
    provider: str = FIRST_PARTY


@dataclass(frozen=True, slots=True)
class ModelAwaited:
    """A model call found no room beside the others.

    Args:
        outcome: ``admitted`` after a wait, ``too_long`` when the wait was over,
            ``no_place`` when it could not even wait.
    """

    turn_id: str
    model: str
    outcome: Literal["admitted", "too_long", "no_place"]
    waited_ms: float
    provider: str = FIRST_PARTY


@dataclass(frozen=True, slots=True)
class ModelHedged:
    """A late first call of a turn got a second one beside it, and that is decided.

    Args:
        won: which of the two answered; ``none`` when both failed.
    """

    turn_id: str
    model: str
    won: Literal["first", "second", "none"]


@dataclass(frozen=True, slots=True)
class ModelLimitMoved:
    """The limit on calls of a model at once moved.

    Args:
        limit: calls at once from now on, in this process.
        cause: ``slow`` and ``overloaded`` cut it, ``in_vain`` takes a cut back that
            did not help, ``growing`` and ``unused`` raise it.
    """

    model: str
    limit: int
    cause: Literal["slow", "overloaded", "in_vain", "growing", "unused"]
    provider: str = FIRST_PARTY


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool call ended."""

    turn_id: str
    tool: str
    outcome: str
    duration_ms: float


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """A breaker changed its state."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit on what may be spent kept a turn from calling a model.

    Args:
        limit: whose and in what, e.g. ``customer_usd``.
    """

    turn_id: str
    limit: str


@dataclass(frozen=True, slots=True)
class Held:
    """The watchdog sent a holding reply."""

    turn_id: str


@dataclass(frozen=True, slots=True)
class Buried:
    """A dead process was found and its leases voided."""

    owner: str
    leases: int


@dataclass(frozen=True, slots=True)
class Evicted:
    """A stopped process that kept everybody from writing was killed."""

    pid: int
    stopped_s: float


@dataclass(frozen=True, slots=True)
class CacheStateChanged:
    """The shared cache can be had again, or no longer; work goes on without it.

    Args:
        state: ``slow`` when it answers too late or not at all, ``down`` when it fails.
        detail: why, without addresses' passwords or cached data; empty when ``up``.
    """

    state: Literal["up", "down", "slow"]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SecretRotated:
    """A secret's new value is used from now on.

    Args:
        name: the setting; never its value.
    """

    name: str


@dataclass(frozen=True, slots=True)
class CacheBypassed:
    """Something was done without the shared cache, because it was away.

    Args:
        use: ``limit``: a request was counted here only; ``context``: a conversation
            was read from the store alone; ``breaker`` and ``block``: nobody else was
            told of an opening, or of a model's rate limit; ``pool``: a slice of a
            model's limits was leased here.
    """

    use: Literal["limit", "context", "breaker", "block", "pool"]


@dataclass(frozen=True, slots=True)
class PoolRead:
    """What is left of a model pool's limits a minute was looked up.

    Args:
        pool: the pool.
        requests: the share left, 0 to 1; 1 where no limit is known.
        input_tokens: the same.
        output_tokens: the same.
    """

    pool: str
    requests: float
    input_tokens: float
    output_tokens: float


@dataclass(frozen=True, slots=True)
class PoolChanged:
    """A model pool became fuller or emptier.

    Args:
        pool: the pool.
        state: ``ample``; ``low``: below 20% left; ``short``: below 5%; ``blocked``: the
            provider asked everybody to wait.
    """

    pool: str
    state: Literal["ample", "low", "short", "blocked"]


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class SheddingChanged:
    """Requests begin to be turned away, or no longer are.

    Args:
        cause: of the first one; empty when it ``ended``.
        requests: how many were turned away.
    """

    state: Literal["began", "ended"]
    cause: str
    requests: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something failed that the system lives with; it will be tried again.

    Args:
        where: the part.
        error: the exception's type and message, without customer text.
    """

    where: str
    error: str


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
    | Trouble
)


class Telemetry(Protocol):
    """Takes the core's events; must not block or raise."""

    def emit(self, event: TelemetryEvent) -> None:
        """Take one event."""
        ...
