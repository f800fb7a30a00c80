"""The frame of the live view, from fixed answers of a system."""

from collections.abc import Mapping
from typing import Any

import pytest

from mainstay.cli.live import watched
from mainstay.cli.live.figures import Figures, figures_of
from mainstay.cli.live.frame import frame, summary
from mainstay.cli.live.line import fitted, shown
from mainstay.cli.live.look import Growth, Look
from mainstay.cli.live.page import read
from mainstay.cli.live.view import Screen

GATEWAY, WORKER = "http://gateway", "http://worker"

WORK = """\
# TYPE mainstay_turns_total counter
mainstay_turns_total{{level="0",outcome="answered"}} {level_0}
mainstay_turns_total{{level="2",outcome="answered"}} {level_2}
mainstay_turns_total{{level="none",outcome="retry"}} {level_2}
# TYPE mainstay_answer_duration_seconds histogram
mainstay_answer_duration_seconds_bucket{{level="0",le="2.0"}} {level_0}
mainstay_answer_duration_seconds_bucket{{level="0",le="+Inf"}} {level_0}
# TYPE mainstay_turn_duration_seconds histogram
mainstay_turn_duration_seconds_bucket{{le="2.0"}} {level_0}
mainstay_turn_duration_seconds_bucket{{le="+Inf"}} {level_0}
# TYPE mainstay_model_calls_total counter
mainstay_model_calls_total{{model="claude",outcome="ok"}} {level_0}
mainstay_model_calls_total{{model="claude",outcome="overloaded"}} {level_2}
# TYPE mainstay_model_call_duration_seconds histogram
mainstay_model_call_duration_seconds_bucket{{model="claude",le="1.0"}} {level_0}
mainstay_model_call_duration_seconds_bucket{{model="claude",le="+Inf"}} {level_0}
# TYPE mainstay_model_cost_usd_total counter
mainstay_model_cost_usd_total{{model="claude"}} {level_2}
# TYPE mainstay_tool_calls_total counter
mainstay_tool_calls_total{{tool="refund",outcome="ToolDone"}} {level_2}
# TYPE mainstay_holding_replies_total counter
mainstay_holding_replies_total {level_2}
# TYPE mainstay_model_pool_left gauge
mainstay_model_pool_left{{pool="main/claude",of="requests"}} {left}
mainstay_model_pool_left{{pool="main/claude",of="input_tokens"}} 0.5
# TYPE mainstay_model_pool_state gauge
mainstay_model_pool_state{{pool="main/claude"}} 1.0
# TYPE process_start_time_seconds gauge
process_start_time_seconds {started_s}
"""

STATE = """\
# TYPE mainstay_workers gauge
mainstay_workers 3.0
# TYPE mainstay_gateways gauge
mainstay_gateways 2.0
# TYPE mainstay_effects_in_doubt gauge
mainstay_effects_in_doubt 1.0
# TYPE mainstay_escalations_open gauge
mainstay_escalations_open 4.0
# TYPE mainstay_escalations_oldest_age_seconds gauge
mainstay_escalations_oldest_age_seconds 600.0
# TYPE mainstay_shedding gauge
mainstay_shedding 1.0
# TYPE mainstay_secrets_rotated_total counter
mainstay_secrets_rotated_total 0.0
"""

TOLD: Mapping[str, Any] = {
    watched.HEALTH: {
        "overall_healthy": False,
        "checks": {
            "claude_api": {"ok": False, "detail": "paused: claude", "critical": True},
            "database": {"ok": True, "detail": "", "critical": True},
        },
    },
    watched.QUEUE: {
        "ready": 600,
        "in_flight": 2,
        "delayed": 1,
        "dead": 3,
        "oldest_age_s": 21.5,
        "exact": True,
    },
    watched.BREAKERS: {
        "breakers": [
            {
                "name": "tool/refund",
                "state": "closed",
                "retry_in_s": None,
                "forced": None,
            },
            {
                "name": "main/claude",
                "state": "open",
                "retry_in_s": 41.5,
                "forced": {"state": "open"},
            },
        ]
    },
    watched.SPEND: {"day": "2026-11-26", "tokens": 9, "usd": 12.345},
    watched.TURNS: {
        "turns": [
            {
                "turn_id": "turn_1",
                "state": "running",
                "attempt": 2,
                "held": True,
                "fallback_level": 4,
                "waited_ms": 31_000,
            },
            {
                "turn_id": "turn_2",
                "state": "answered",
                "attempt": 1,
                "held": False,
                "fallback_level": 0,
                "waited_ms": 900,
            },
        ]
    },
}


def work(
    level_0: int, level_2: int = 0, left: float = 0.97, started_s: float = 1000.0
) -> str:
    """Return a worker's page."""
    return WORK.format(level_0=level_0, level_2=level_2, left=left, started_s=started_s)


def look(at_s: float, told: Mapping[str, Any] = TOLD, **pages: str) -> Look:
    """Return what ``gateway`` and ``worker`` said; others were silent."""
    names = {"gateway": GATEWAY, "worker": WORKER}
    read_pages = {names[name]: read(text) for name, text in pages.items()}
    return Look(at_s, read_pages, told, {})


def figures(*looks: Look) -> Figures:
    """Return the figures after some looks."""
    growth = Growth()
    for one in looks:
        growth.see(one)
    return figures_of(looks[-1], growth)


def text(shown_figures: Figures) -> str:
    """Return a frame as plain text."""
    return "\n".join(shown(line, 200, colour=False) for line in frame(shown_figures))


def line_of(shown_figures: Figures) -> str:
    """Return the line for pipes."""
    return shown(summary(shown_figures), 200, colour=False)


BUSY = figures(
    look(0, gateway=STATE, worker=work(0)),
    look(10, gateway=STATE, worker=work(30, 10, 0.25)),
)

EXPECTED = """\
health    claude_api fails: paused: claude
replies   4.00/s   level 0 75.0%   level 2 25.0%   60.0 held a minute   \
TURNING REQUESTS AWAY
answers   1.0 s · 1.9 s · 2.0 s   half, 95 and 99 of 100
queue     600 ready (add workers)   2 in work   1 delayed   oldest 21.5 s   3 dead
alive     3 workers   2 gateways
cost      $3600.00 an hour at this pace   $12.35 today (UTC)
humans    4 escalations, the oldest 10 min   1 effects in doubt
breakers  1 closed   1 not

BREAKER      STATE  TRIAL IN  FORCED
main/claude  open   41.5 s    open

MODEL   CALLS   FAILED  95 OF 100
claude  4.00/s  25%     950 ms     $3600.00/h

LEFT A MINUTE  REQUESTS  INPUT  OUTPUT  STATE
main/claude    25%       50%    -       low

TOOL    CALLS   FAILED  95 OF 100
refund  1.00/s  0%      -

SLOWEST TURNS  STATE          LEVEL  ATTEMPT  WAITED
turn_1         running, held  4      2        31.0 s
turn_2         answered       0      1        900 ms"""


def test_the_whole_frame() -> None:
    """Everything that was told is on it, the most important first."""
    assert text(BUSY) == EXPECTED


def test_the_line_for_pipes() -> None:
    """The most important on one line."""
    assert line_of(BUSY) == (
        "UNHEALTHY  replies 4.0/s  answers 1.0 s · 1.9 s · 2.0 s  ready 600  "
        "oldest 21.5 s  dead 3  workers 3  breakers open 1  cost $3600.00/h"
    )


def test_a_worker_that_began_anew_counts_from_when_it_was_seen() -> None:
    """The time until then has no rate, and the frame says why for a minute."""
    looks = [
        look(0, worker=work(100)),
        look(10, worker=work(120)),
        look(20, worker=work(10, started_s=2000)),
        look(30, worker=work(40, started_s=2000)),
    ]
    found = figures(*looks)
    assert found.replies["0"] == pytest.approx((20 + 30) / 20)
    assert found.replaced == [WORKER]
    assert f"ANOTHER PROCESS  {WORKER}: rates leave out what it did before" in text(
        found
    )
    assert f"another process at {WORKER}" in line_of(found)
    later = [look(at, worker=work(40, started_s=2000)) for at in (79, 80)]
    assert figures(*looks, later[0]).replaced == [WORKER]
    assert not figures(*looks, *later).replaced


def test_two_gateways_behind_one_address_make_no_traffic() -> None:
    """Each answers every second time; what one has done more is no growth."""
    both = [work(1000), work(400, started_s=2000)]
    found = figures(*(look(n * 2, gateway=both[n % 2]) for n in range(10)))
    assert (found.replies, found.over_s) == ({}, 0)
    assert found.replaced == [GATEWAY]


def test_what_one_process_did_is_added_to_what_others_did() -> None:
    """Rates are the whole system's."""
    found = figures(
        look(0, gateway=work(5), worker=work(100)),
        look(10, gateway=work(15), worker=work(120)),
    )
    assert found.replies["0"] == pytest.approx(3.0)


def test_work_in_a_gap_is_nobodys() -> None:
    """Who was away comes back with a past that belongs to no second of now."""
    found = figures(
        look(0, gateway=STATE, worker=work(100)),
        look(10, gateway=STATE),
        look(20, gateway=STATE, worker=work(900)),
        look(30, gateway=STATE, worker=work(930)),
    )
    assert found.replies["0"] == pytest.approx(30 / 30)


def test_a_level_without_replies_is_not_named() -> None:
    """Workers tell each level from their start on."""
    found = figures(look(0, worker=work(0)), look(10, worker=work(30)))
    assert found.replies == {"0": 3.0}


def test_rates_are_of_the_last_minute() -> None:
    """What happened before does not count any more."""
    burst = [look(0, worker=work(0)), look(10, worker=work(1000))]
    quiet = [look(10 + n * 10, worker=work(1000)) for n in range(1, 7)]
    assert sum(figures(*burst, *quiet[:-1]).replies.values()) > 0
    late = figures(*burst, *quiet)
    assert sum(late.replies.values()) == 0
    assert late.over_s == 60


def test_one_look_has_no_rates() -> None:
    """And divides by nothing."""
    found = figures(look(0, gateway=STATE, worker=work(7)))
    assert (found.over_s, found.replies) == (0, {})
    assert "replies   0.00/s" in text(found)


def test_what_nobody_told_is_a_question() -> None:
    """The store is down: the queue is unknown, the rest is shown."""
    silent = dict.fromkeys((watched.QUEUE, watched.SPEND), "status 503")
    down = Look(10, {GATEWAY: read(STATE)}, {}, silent)
    found = text(figures(look(0, gateway=STATE), down))
    assert f"NO ANSWER  {watched.QUEUE}, {watched.SPEND}: status 503" in found
    assert "queue     ?" in found
    assert "? today (UTC)" in found
    assert "alive     3 workers" in found


def test_a_worker_whose_metrics_are_not_asked_for() -> None:
    """Turns end, and a gateway apart from its workers cannot tell of them."""
    found = text(figures(look(0, gateway=STATE), look(10, gateway=STATE)))
    assert "name workers with --worker" in found
    idle = {**TOLD, watched.TURNS: {"turns": []}}
    found = text(figures(look(0, idle, gateway=STATE)))
    assert "--worker" not in found
    assert "--worker" not in text(BUSY)


@pytest.mark.parametrize(
    ("ready", "band"),
    [
        (99, "healthy"),
        (100, "watch it"),
        (500, "add workers"),
        (1000, "wake somebody"),
    ],
)
def test_bands_of_the_queue(ready: int, band: str) -> None:
    """As dashboards and alerts have them."""
    told = {**TOLD, watched.QUEUE: {**TOLD[watched.QUEUE], "ready": ready}}
    found = figures(look(0, told, gateway=STATE))
    assert f"{ready} ready ({band})" in text(found)


def test_a_frame_fits_its_terminal() -> None:
    """Cut at the right; what has no place below is counted."""
    lines = frame(BUSY)
    assert all(len(shown(line, 40, colour=False)) <= 40 for line in lines)
    few = fitted(lines, 10)
    assert len(few) == 10
    assert shown(few[-1], 80, colour=False) == f"… {len(lines) - 9} more lines"
    assert fitted(lines, len(lines)) == lines


def test_colours_do_not_take_room() -> None:
    """And words from a server cannot drive the terminal."""
    line = [("\x1b[2Jred", "bad"), (" and more", "")]
    assert shown(line, 10, colour=False) == " [2Jred an"
    assert shown(line, 10, colour=True) == "\x1b[31;1m [2Jred\x1b[0m an"


def test_a_screen_keeps_what_was_known() -> None:
    """While nobody answers, the frame before stays, with its age."""
    screen = Screen("top")
    gone = figures_of(Look(0, {}, {}, {}, "nobody listens there"), Growth())
    screen.take(gone, 0)
    assert "NO ANSWER: nobody listens there" in plain(screen)
    screen.take(BUSY, 10)
    assert "NO ANSWER" not in plain(screen)
    assert "600 ready" in plain(screen)
    screen.take(gone, 17)
    assert "NO ANSWER: nobody listens there" in plain(screen)
    assert "This is how it was 7 s ago." in plain(screen)
    assert "600 ready" in plain(screen)
    screen.take(BUSY, 20)
    assert "NO ANSWER" not in plain(screen)


def plain(screen: Screen) -> str:
    """Return what a screen shows."""
    return "\n".join(shown(line, 200, colour=False) for line in screen.lines)
