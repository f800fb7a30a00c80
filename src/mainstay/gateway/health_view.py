"""What ``/health`` says."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from mainstay.domain.moment import timestamp
from mainstay.gateway.deps import GatewayOptions
from mainstay.gateway.views import Timestamp
from mainstay.ports.health import CheckState, RecentTurns, VitalSigns

CLAUDE = ("claude_api", "claude_models")
"""The checks that Claude is up by; not everybody has the second."""

DATABASE = "database"

EXPECTED = ("claude_api", DATABASE)
"""What nobody looks at is not known to work."""

Scope = Literal["deployment", "process"]


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class CheckView(msgspec.Struct, frozen=True):
    """What background looks found of one thing."""

    ok: bool
    detail: str
    critical: bool
    consecutive_failures: int
    last_run_at: Timestamp | None
    stale: bool

    @classmethod
    def of(cls, state: CheckState) -> "CheckView":
        """Return the view of a check."""
        run_ms = state.last_run_ms
        return cls(
            state.ok,
            state.detail,
            state.critical,
            state.failures,
            None if run_ms is None else timestamp(run_ms),
            state.stale,
        )


class Scopes(msgspec.Struct, frozen=True):
    """What the figures are of: the whole deployment, or this process alone."""

    queue_depth: Scope
    error_rate_percent: Scope
    p99_latency_ms: Scope


class Health(msgspec.Struct, frozen=True):
    """How the service is."""

    api_up: bool
    claude_api_up: bool
    database_up: bool
    queue_depth: int
    error_rate_percent: float
    p99_latency_ms: float
    overall_healthy: bool
    checks: Mapping[str, CheckView]
    scopes: Scopes


def health_of(
    signs: VitalSigns | None, rate: float, p99_ms: float, options: GatewayOptions
) -> Health:
    """Return how the service is.

    Args:
        signs: what background checks found.
        rate: share of this process's requests that failed, percent.
        p99_ms: what 99% of them took at most.
        options: the limits.
    """
    recent = None if signs is None else signs.recent()
    depth = 0 if signs is None else signs.depth()
    percent, rate_of = _error_rate(recent, rate)
    wait_ms, wait_of = _p99(recent, p99_ms)
    states: Sequence[CheckState] = [] if signs is None else signs.checks()
    checks = {name: CheckState(name, False, "nobody looks") for name in EXPECTED}
    for one in (*states, *_judged(depth, percent, rate_of, options)):
        checks[one.name] = one
    return Health(
        api_up=True,
        claude_api_up=_all_ok(checks[name] for name in CLAUDE if name in checks),
        database_up=checks[DATABASE].ok,
        queue_depth=depth,
        error_rate_percent=percent,
        p99_latency_ms=wait_ms,
        overall_healthy=_all_ok(one for one in checks.values() if one.critical),
        checks={name: CheckView.of(one) for name, one in checks.items()},
        scopes=Scopes("deployment", rate_of, wait_of),
    )


def _error_rate(recent: RecentTurns | None, rate: float) -> tuple[float, Scope]:
    """Return the worse one: turns that nobody answered, or requests that failed."""
    if recent is not None and recent.error_percent >= rate:
        return recent.error_percent, "deployment"
    return rate, "process"


def _p99(recent: RecentTurns | None, p99_ms: float) -> tuple[float, Scope]:
    """Return how long customers wait for a reply; requests, where nobody can tell."""
    if recent is not None and recent.turns:
        return recent.p99_ms, "deployment"
    return p99_ms, "process"


def _judged(
    depth: int, percent: float, rate_of: Scope, options: GatewayOptions
) -> Iterable[CheckState]:
    """Return the checks that are made of the figures."""
    limit = options.error_rate_limit_percent
    of = "turns of the deployment" if rate_of == "deployment" else "requests here"
    yield CheckState("error_rate", percent <= limit, f"{percent} % of {of}")
    most = options.queue_depth_limit
    yield CheckState("queue_depth", depth < most, f"{depth} ready; {most} is too many")


def _all_ok(states: Iterable[CheckState]) -> bool:
    return all(one.ok for one in states)
