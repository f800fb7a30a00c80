"""The level of each event: what needs eyes is a warning, routine is debug."""

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


LEVELS: Mapping[type[TelemetryEvent], int | Callable[[Any], int]] = {
    TurnEnded: _of_turn,
    TurnResumed: INFO,
    LeaseGone: WARNING,
    ModelCalled: _of_call,
    ModelAwaited: _of_wait,
    ModelHedged: INFO,
    ModelLimitMoved: _of_limit,
    ToolCalled: DEBUG,
    EffectChanged: _of_effect,
    BreakerChanged: _of_state,
    LimitReached: WARNING,
    Held: WARNING,
    Escalated: INFO,
    HandedOff: INFO,
    Buried: WARNING,
    Evicted: WARNING,
    CacheStateChanged: _of_cache,
    CacheBypassed: DEBUG,
    SecretRotated: INFO,
    RequestServed: _of_request,
    MessageTaken: _of_message,
    RequestShed: DEBUG,
    SheddingChanged: _of_state,
    PoolRead: DEBUG,
    PoolChanged: _of_state,
    CheckChanged: _of_state,
    AnomalyChanged: _of_state,
    LatencyRecorded: DEBUG,
    ErrorRecorded: WARNING,
    MetricRecorded: DEBUG,
    RecordRefused: WARNING,
    TelemetryDropped: DEBUG,
    Trouble: WARNING,
}
"""A level, or what tells it of an event."""


def level_of(event: TelemetryEvent) -> int:
    """Return the level of an event."""
    level = LEVELS[type(event)]
    return level if isinstance(level, int) else level(event)
