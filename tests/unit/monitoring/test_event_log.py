"""The log: level, form, and what never gets into it."""

import io
import json

from mainstay.monitoring import Monitoring
from mainstay.monitoring.event_log import MAX_TEXT_CHARACTERS, EventLog
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
    SheddingChanged,
    ToolCalled,
    Trouble,
    TurnEnded,
)

ROUTINE = (
    TurnEnded("turn_1", "answered", 0, 12.34),
    ModelCalled("turn_1", "claude-sonnet-5-5", "ok", 7.0),
    ToolCalled("turn_1", "lookup_order", "ok", 1.0),
    CacheBypassed("limit"),
    RequestShed("read", "loop"),
    ModelAwaited("turn_1", "claude-sonnet-5-5", "admitted", 12.0),
    ModelLimitMoved("claude-sonnet-5-5", 41, "growing"),
    PoolRead("sonnet", 0.5, 0.5, 0.5),
)
NOTABLE = (
    ModelCalled("turn_1", "claude-sonnet-5-5", "overloaded", 7.0, "529 req_1"),
    BreakerChanged("claude-sonnet-5-5", "closed"),
    PoolChanged("sonnet", "low"),
    ModelHedged("turn_1", "claude-sonnet-5-5", "second"),
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
        "model.called",
        "breaker.changed",
        "pool.changed",
        "limit.reached",
        "turn.held",
        "process.buried",
        "process.evicted",
        "cache.changed",
        "shedding.changed",
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
