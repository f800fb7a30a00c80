"""The failure table's rows of what happens within a stream, or instead of one."""

from tests.acceptance.failure_rows import (
    AGAIN_COUNTED,
    AT_ONCE_COUNTED,
    PAUSE_S,
    REFUND,
    Row,
)

AFTER_TOOL = {"when": "after_tool", "times": 1}

PATIENT = {"call_timeout_s": 20.0}
"""A call that only the limit of its first token can end in time."""

STREAMS = [
    Row(name="cut before anything", primary={"cut_stream_after": 0}, **AGAIN_COUNTED),
    Row(name="cut before text", primary={"cut_stream_after": 1}, **AGAIN_COUNTED),
    Row(name="cut, shown", primary={"cut_stream_after": 6}, **AT_ONCE_COUNTED),
    Row(
        name="no message_stop before text",
        primary={"end_without_stop": True, "broken_after": 1},
        **AGAIN_COUNTED,
    ),
    Row(
        name="no message_stop at all",
        primary={"end_without_stop": True, "broken_after": 0},
        **AGAIN_COUNTED,
    ),
    Row(
        name="no message_stop, shown",
        primary={"end_without_stop": True},
        **AT_ONCE_COUNTED,
    ),
    Row(
        name="broken JSON before text",
        primary={"broken_json": True, "broken_after": 1},
        **AGAIN_COUNTED,
    ),
    Row(name="broken JSON, shown", primary={"broken_json": True}, **AT_ONCE_COUNTED),
    Row(
        name="pings only",
        primary={"pings_only": True, "ping_every_s": 0.05},
        options=PATIENT,
        calls="P+ P- F-",
        counted=2,
    ),
    Row(
        name="pings only, once",
        primary={"pings_only": True, "ping_every_s": 0.05, "times": 1},
        calls="P+ P-",
        level=1,
    ),
    Row(
        name="no head",
        primary={"latency_s": 5},
        options=PATIENT,
        calls="P+ P- F-",
        counted=2,
    ),
    Row(
        name="a trickle",
        primary={"slow_tokens_s": 0.1},
        calls="P+ P- F-",
        counted=2,
    ),
]

STOPS = [
    Row(name="refusal", primary={"stop_reason": "refusal"}, calls="P+", level=4),
    Row(
        name="pause_turn",
        primary={"stop_reason": "pause_turn", "times": 1},
        calls="P+ P+",
        level=0,
    ),
    Row(
        name="pause_turn without end",
        primary={"stop_reason": "pause_turn"},
        calls="P+ P+ P+ P+ F-",
        counted=0,
    ),
    Row(
        name="max_tokens inside a tool call",
        primary={"stop_reason": "max_tokens", "times": 1},
        script=[REFUND],
        calls="P+ P-",
        level=1,
    ),
]

AFTER_TOOLS = [
    Row(
        name=f"{name} after a tool",
        primary=fault | AFTER_TOOL,
        script=[REFUND],
        calls="P+ P+ P+",
        level=0,
        retry_s=PAUSE_S,
        retries=1,
        work=1,
    )
    for name, fault in (
        ("500", {"status": 500}),
        ("event", {"error_event": "api_error", "error_after": 1}),
        ("cut", {"cut_stream_after": 1}),
        ("no message_stop", {"end_without_stop": True, "broken_after": 1}),
    )
]
