"""The log: level, form, and what never gets into it."""

import io
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from mainstay.domain.step import Usage
from mainstay.monitoring import Monitoring, event_kinds
from mainstay.monitoring.event_log import MAX_TEXT_CHARACTERS, EventLog
from mainstay.ports.author_events import MetricRecorded
from mainstay.ports.correlation import REQUEST_ID, SPAN, TURN_ID
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
    SheddingChanged,
    ToolCalled,
    Trouble,
    TurnEnded,
)
from mainstay.ports.turn_events import EffectChanged

ROUTINE = (
    TurnEnded("turn_1", "answered", 0, 12.34),
    ModelCalled("turn_1", "claude-sonnet-5-5", "ok", 7.0),
    ToolCalled("turn_1", "lookup_order", "ok", 1.0),
    CacheBypassed("limit"),
    RequestShed("read", "loop"),
    ModelAwaited("turn_1", "claude-sonnet-5-5", "admitted", 12.0),
    ModelLimitMoved("claude-sonnet-5-5", 41, "growing"),
    PoolRead("sonnet", 0.5, 0.5, 0.5),
    RequestServed("GET", "/v1/turns/{id}", 404, 2.0),
    MessageTaken("turn_1", "stored", 2.0),
    EffectChanged("turn_1", "pay", "committed"),
    MetricRecorded("basket", 1.0, {}),
)
NOTABLE = (
    ModelCalled("turn_1", "claude-sonnet-5-5", "overloaded", 7.0, "529 req_1"),
    BreakerChanged("claude-sonnet-5-5", "closed"),
    PoolChanged("sonnet", "low"),
    ModelHedged("turn_1", "claude-sonnet-5-5", "second"),
    CheckChanged("database", "ok"),
    AnomalyChanged("latency", "usual", 0.5, 1.2, 1.1),
)
ALARMING = (
    ModelCalled("turn_1", "claude-sonnet-5-5", "spent", 7.0, "HTTP 429"),
    BreakerChanged("claude-sonnet-5-5", "open"),
    PoolChanged("sonnet", "blocked"),
    LimitReached("turn_1", "day_usd"),
    Held("turn_1"),
    Buried("proc_1", 3),
    Evicted(4711, 8.5),
    CacheStateChanged("slow", "no answer within 0.05 s"),
    SheddingChanged("began", "loop", 1),
    CheckChanged("database", "failing", "away"),
    AnomalyChanged("latency", "unusual", 8.1, 4.2, 1.1),
    Trouble("outbox", "OSError: disk full"),
    TurnEnded("turn_2", "dead", None, 5.0),
)


def written(level: str) -> list[dict[str, object]]:
    """Return the JSON lines of all the events above at a level."""
    out = io.StringIO()
    log = EventLog(level, as_json=True, stream=out)
    for event in (*ROUTINE, *NOTABLE, *ALARMING):
        log.write(event)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_info_is_silent_about_routine() -> None:
    """A turn, a good model call and a tool call are debug; faults are not."""
    names = [line["event"] for line in written("INFO")]
    assert names == [
        "model.called",
        "breaker.changed",
        "pool.changed",
        "model.hedged",
        "check.changed",
        "anomaly.changed",
        "model.called",
        "breaker.changed",
        "pool.changed",
        "limit.reached",
        "turn.held",
        "process.buried",
        "process.evicted",
        "cache.changed",
        "shedding.changed",
        "check.changed",
        "anomaly.changed",
        "trouble",
        "turn.ended",
    ]


def test_levels_are_kept() -> None:
    """LOG_LEVEL=DEBUG writes all, WARNING the alarming, CRITICAL none of them."""
    assert len(written("DEBUG")) == len((*ROUTINE, *NOTABLE, *ALARMING))
    assert {line["level"] for line in written("WARNING")} == {"warning"}
    assert len(written("WARNING")) == len(ALARMING)
    assert written("CRITICAL") == []


def test_a_json_line_has_the_fields_of_its_event() -> None:
    """Name, level, time and every field of the event, nothing else."""
    (line,) = [one for one in written("DEBUG") if one["event"] == "tool.called"]
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "tool.called",
        "level": "debug",
        "turn_id": "turn_1",
        "tool": "lookup_order",
        "outcome": "ok",
        "duration_ms": 1.0,
    }


def test_a_line_says_where_it_belongs() -> None:
    """Request, turn and span of the task that it comes from; an event's own id wins."""
    out = io.StringIO()
    log = EventLog("DEBUG", as_json=True, stream=out)
    tokens = [
        (REQUEST_ID, REQUEST_ID.set("req_1")),
        (TURN_ID, TURN_ID.set("turn_of_the_task")),
        (SPAN, SPAN.set(("0af7", "b7ad"))),
    ]
    log.write(Trouble("gateway", "odd"))
    log.write(ToolCalled("turn_1", "lookup", "ok", 1.0))
    for variable, token in tokens:
        variable.reset(token)
    log.write(Trouble("gateway", "odd"))
    first, second, last = [json.loads(line) for line in out.getvalue().splitlines()]
    place = {"request_id": "req_1", "trace_id": "0af7", "span_id": "b7ad"}
    assert first.items() >= (place | {"turn_id": "turn_of_the_task"}).items()
    assert second.items() >= (place | {"turn_id": "turn_1"}).items()
    assert set(last) == {"event", "level", "timestamp", "where", "error"}


def test_tokens_of_a_call_are_fields_of_their_own() -> None:
    """A query needs no nested ones."""
    out = io.StringIO()
    log = EventLog("DEBUG", as_json=True, stream=out)
    usage = Usage(100, 20, 3000, 400)
    log.write(ModelCalled("t", "m", "ok", 7.0, usage=usage, cost_usd=0.00123))
    line = json.loads(out.getvalue())
    assert "usage" not in line
    assert (line["input_tokens"], line["cache_write_tokens"]) == (100, 400)
    assert line["cost_usd"] == 0.00123


@dataclass(slots=True)
class Bearing(Trouble):
    """An event that brings something for spans alone."""

    words: str = field(default="", repr=False)


def test_what_is_for_spans_alone_is_not_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that is left out of ``repr`` may hold a customer's words."""
    monkeypatch.setitem(event_kinds.KINDS, Bearing, event_kinds.KINDS[Trouble])
    out = io.StringIO()
    EventLog("INFO", as_json=True, stream=out).write(Bearing("x", "y", words="secret"))
    assert json.loads(out.getvalue())["where"] == "x"
    assert "secret" not in out.getvalue()


class Sink:
    """Takes lines."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str, Mapping[str, Any]]] = []

    def record(self, level: int, name: str, fields: Mapping[str, Any]) -> None:
        """Keep a line."""
        self.lines.append((level, name, fields))


def test_a_sink_gets_each_line_without_secrets_also_when_the_disk_is_full() -> None:
    """What the stream cannot take is counted, and no reason to keep a line back."""
    out, sink = io.StringIO(), Sink()
    monitoring = Monitoring(stream=out)
    monitoring.hide(lambda: {"the-secret"})
    monitoring.send_to(sink)
    out.close()
    monitoring.emit(Trouble("store", "it said the-secret"))
    monitoring.emit(ToolCalled("turn_1", "lookup", "ok", 1.0))
    told = {"where": "store", "error": "it said [hidden]"}
    assert sink.lines == [(logging.WARNING, "trouble", told)]
    dropped = b'mainstay_telemetry_dropped_total{signal="logs"} 1.0'
    assert dropped in monitoring.render()


def test_a_reply_level_is_not_taken_for_the_lines_own() -> None:
    """A turn's line has both: the severity and the reply's fallback level."""
    (dead, _) = [one for one in written("DEBUG") if one["event"] == "turn.ended"][::-1]
    assert (dead["level"], dead["fallback_level"]) == ("warning", None)


def test_a_long_error_is_cut_and_stays_on_its_line() -> None:
    """A response body pasted into an error does not flood the log."""
    out = io.StringIO()
    log = EventLog("INFO", as_json=True, stream=out)
    log.write(Trouble("model", "first\nsecond " + "x" * 10_000))
    (line,) = out.getvalue().splitlines()
    error = json.loads(line)["error"]
    assert error.startswith("first second x")
    assert len(error) == MAX_TEXT_CHARACTERS


def test_the_console_form_is_plain_when_it_is_no_terminal() -> None:
    """In development a line reads well, without colour codes in a file."""
    out = io.StringIO()
    EventLog("INFO", as_json=False, stream=out).write(Held("turn_9"))
    assert "turn.held" in out.getvalue()
    assert "turn_id=turn_9" in out.getvalue()
    assert "\x1b" not in out.getvalue()


def test_a_closed_stream_fails_no_turn() -> None:
    """Telemetry never raises: the event is counted even when it cannot be written."""
    out = io.StringIO()
    monitoring = Monitoring(stream=out)
    out.close()
    monitoring.emit(Held("turn_1"))
    assert b"mainstay_holding_replies_total 1.0" in monitoring.render()
