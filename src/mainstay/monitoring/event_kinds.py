"""What each event is called in the log, and at which level it is told.

What needs eyes is a warning, routine is debug; ``docs/reference/telemetry.md`` has all.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from mainstay.ports.author_events import (
    ErrorRecorded,
    LatencyRecorded,
    MetricRecorded,
    RecordRefused,
)
from mainstay.ports.front_events import MessageTaken, RequestServed
from mainstay.ports.model_events import (
    ModelAwaited,
    ModelCalled,
    ModelHedged,
    ModelLimitMoved,
    PoolChanged,
    PoolRead,
)
from mainstay.ports.telemetry import (
    AnomalyChanged,
    BreakerChanged,
    Buried,
    CacheBypassed,
    CacheStateChanged,
    CheckChanged,
    Evicted,
    Held,
    LimitReached,
    RequestShed,
    SecretRotated,
    SheddingChanged,
    TelemetryDropped,
    TelemetryEvent,
    ToolCalled,
    Trouble,
    TurnEnded,
)
from mainstay.ports.turn_events import (
    EffectChanged,
    Escalated,
    HandedOff,
    LeaseGone,
    TurnResumed,
)

DEBUG, INFO, WARNING = logging.DEBUG, logging.INFO, logging.WARNING

CALL_LEVELS: Mapping[str, int] = {
    "ok": DEBUG,
    "auth": WARNING,
    "spent": WARNING,
    "unforeseen": WARNING,
}
"""Levels of model calls by their outcome, where it is not info: these want a human."""

ALARMING = frozenset({"open", "short", "blocked", "began", "failing", "unusual"})
"""States of what changes in which something is not done, or not as it should be."""

FAILED = 500

Changed = BreakerChanged | PoolChanged | SheddingChanged | CheckChanged | AnomalyChanged


def _of_state(event: Changed) -> int:
    return WARNING if event.state in ALARMING else INFO


def _of_cache(event: CacheStateChanged) -> int:
    return INFO if event.state == "up" else WARNING


def _of_call(event: ModelCalled) -> int:
    return CALL_LEVELS.get(event.outcome, INFO)


def _of_wait(event: ModelAwaited) -> int:
    return DEBUG if event.outcome == "admitted" else INFO


def _of_limit(event: ModelLimitMoved) -> int:
    return DEBUG if event.cause == "growing" else INFO


def _of_turn(event: TurnEnded) -> int:
    return WARNING if event.outcome == "dead" else DEBUG


def _of_effect(event: EffectChanged) -> int:
    return WARNING if event.state == "unknown" else DEBUG


def _of_message(event: MessageTaken) -> int:
    return INFO if event.outcome == "failed" else DEBUG


def _of_request(event: RequestServed) -> int:
    return INFO if event.status >= FAILED else DEBUG


KINDS: Mapping[type[TelemetryEvent], tuple[str, int | Callable[[Any], int]]] = {
    TurnEnded: ("turn.ended", _of_turn),
    TurnResumed: ("turn.resumed", INFO),
    LeaseGone: ("lease.lost", WARNING),
    ModelCalled: ("model.called", _of_call),
    ModelAwaited: ("model.awaited", _of_wait),
    ModelHedged: ("model.hedged", INFO),
    ModelLimitMoved: ("model.limit", _of_limit),
    ToolCalled: ("tool.called", DEBUG),
    EffectChanged: ("effect.changed", _of_effect),
    BreakerChanged: ("breaker.changed", _of_state),
    LimitReached: ("limit.reached", WARNING),
    Held: ("turn.held", WARNING),
    Escalated: ("turn.escalated", INFO),
    HandedOff: ("conversation.handed_off", INFO),
    Buried: ("process.buried", WARNING),
    Evicted: ("process.evicted", WARNING),
    CacheStateChanged: ("cache.changed", _of_cache),
    CacheBypassed: ("cache.bypassed", DEBUG),
    SecretRotated: ("secret.rotated", INFO),
    RequestServed: ("request.served", _of_request),
    MessageTaken: ("message.taken", _of_message),
    RequestShed: ("request.shed", DEBUG),
    SheddingChanged: ("shedding.changed", _of_state),
    PoolRead: ("pool.read", DEBUG),
    PoolChanged: ("pool.changed", _of_state),
    CheckChanged: ("check.changed", _of_state),
    AnomalyChanged: ("anomaly.changed", _of_state),
    LatencyRecorded: ("author.latency", DEBUG),
    ErrorRecorded: ("author.error", WARNING),
    MetricRecorded: ("author.metric", DEBUG),
    RecordRefused: ("author.refused", WARNING),
    TelemetryDropped: ("telemetry.dropped", DEBUG),
    Trouble: ("trouble", WARNING),
}
"""A name, and a level or what tells it of an event."""

RENAMED: Mapping[str, str] = {"level": "fallback_level"}
"""``level`` is the log line's own; a reply's goes by its name in the API."""


def told_as(event: TelemetryEvent) -> tuple[str, int]:
    """Return the name and the level of an event."""
    name, level = KINDS[type(event)]
    return name, level if isinstance(level, int) else level(event)
