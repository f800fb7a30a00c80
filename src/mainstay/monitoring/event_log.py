"""The log: one line an event, on standard error."""

import logging
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TextIO, assert_never

from mainstay.monitoring.lines import Lines
from mainstay.ports.telemetry import (
    BreakerChanged,
    Buried,
    CacheBypassed,
    CacheStateChanged,
    Evicted,
    Held,
    LimitReached,
    ModelAwaited,
    ModelCalled,
    ModelHedged,
    ModelLimitMoved,
    PoolChanged,
    PoolRead,
    RequestShed,
    SecretRotated,
    SheddingChanged,
    TelemetryEvent,
    ToolCalled,
    Trouble,
    TurnEnded,
)

MAX_TEXT_CHARACTERS = 500
"""Texts of errors are cut here: a log line is not the place for a response body."""


class EventLog:
    """Writes events at the level that their kind and outcome deserve.

    Args:
        level: the lowest level that is written.
        as_json: JSON lines, else readable ones.
        stream: where to.
    """

    def __init__(self, level: str, *, as_json: bool, stream: TextIO) -> None:
        self._lowest = logging.getLevelNamesMapping()[level]
        self._lines = Lines(as_json=as_json, stream=stream)

    def write(self, event: TelemetryEvent) -> None:
        """Write one event, if its level is high enough; a broken stream is survived."""
        level = level_of(event)
        if level < self._lowest:
            return
        try:
            self._lines.log(level, NAMES[type(event)], **_fields(event))
        except (OSError, ValueError):
            # A full disk or a closed stream must not fail the turn that is told of;
            # the metrics have counted the event already.
            return


NAMES: Mapping[type[TelemetryEvent], str] = {
    TurnEnded: "turn.ended",
    ModelCalled: "model.called",
    ModelAwaited: "model.awaited",
    ModelHedged: "model.hedged",
    ModelLimitMoved: "model.limit",
    ToolCalled: "tool.called",
    BreakerChanged: "breaker.changed",
    LimitReached: "limit.reached",
    Held: "turn.held",
    Buried: "process.buried",
    Evicted: "process.evicted",
    CacheStateChanged: "cache.changed",
    CacheBypassed: "cache.bypassed",
    SecretRotated: "secret.rotated",
    RequestShed: "request.shed",
    SheddingChanged: "shedding.changed",
    PoolRead: "pool.read",
    PoolChanged: "pool.changed",
    Trouble: "trouble",
}
"""What each event is called in the log; ``docs/reference/telemetry.md`` has them."""


RENAMED: Mapping[str, str] = {"level": "fallback_level"}
"""``level`` is the log line's own; a reply's goes by its name in the API."""

CALL_LEVELS: Mapping[str, int] = {
    "ok": logging.DEBUG,
    "auth": logging.WARNING,
    "spent": logging.WARNING,
    "unforeseen": logging.WARNING,
}
"""Levels of model calls by their outcome, where it is not info: these want a human."""


ALARMING = frozenset({"open", "short", "blocked", "began"})
"""States of breakers, model pools and shedding in which something is not done."""


def level_of(event: TelemetryEvent) -> int:  # noqa: PLR0911 - a row each
    """Return the level of an event: what needs eyes is a warning, routine is debug."""
    match event:
        case Trouble() | Held() | LimitReached() | Buried() | Evicted():
            return logging.WARNING
        case BreakerChanged() | PoolChanged() | SheddingChanged():
            return logging.WARNING if event.state in ALARMING else logging.INFO
        case CacheStateChanged():
            return logging.INFO if event.state == "up" else logging.WARNING
        case SecretRotated() | ModelHedged():
            return logging.INFO
        case ModelCalled() | ModelAwaited() | ModelLimitMoved():
            return _model_level_of(event)
        case TurnEnded():
            return logging.WARNING if event.outcome == "dead" else logging.DEBUG
        case ToolCalled() | CacheBypassed() | RequestShed() | PoolRead():
            return logging.DEBUG
        case _:
            assert_never(event)


def _model_level_of(event: ModelCalled | ModelAwaited | ModelLimitMoved) -> int:
    match event:
        case ModelCalled():
            return CALL_LEVELS.get(event.outcome, logging.INFO)
        case ModelAwaited(outcome="admitted") | ModelLimitMoved(cause="growing"):
            return logging.DEBUG
        case _:
            return logging.INFO


def _fields(event: TelemetryEvent) -> dict[str, Any]:
    return {
        RENAMED.get(field.name, field.name): _short(getattr(event, field.name))
        for field in fields(event)
    }


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return " ".join(value.split())[:MAX_TEXT_CHARACTERS]
    return round(value, 1) if isinstance(value, float) else value
