"""What is kept of a drill: figures that add up, a page, and a picture."""

from xml.etree import ElementTree as ET

import pytest

from mainstay.checklist.report import Deployment
from mainstay.drills.figures import figures_of, unheard
from mainstay.drills.outcome import Outcome
from mainstay.drills.plan import plans
from mainstay.drills.plot import COLOURS, MOST_POINTS, plot
from mainstay.drills.report import page_of, record_of
from mainstay.ports.hearing import Heard

NOW_MS = 1_800_000_000_000
PLAN = plans()[0]
HERE = Deployment("acme-eu", "production")


def heard(at_s: float, wait_s: float | None, level: int | None, held: bool = False):
    """Return a turn accepted at so many seconds."""
    at_ms = NOW_MS + round(at_s * 1000)
    heard_ms = None if wait_s is None else at_ms + round(wait_s * 1000)
    return Heard(at_ms, heard_ms, level, held)


TURNS = [
    heard(0, 1, 0),
    heard(1, 2, 2),
    heard(2, 28.2, 4, held=True),
    heard(3, 31, 4),
    heard(4, None, None),
]


def outcome(turns: list[Heard] = TURNS, **changes) -> Outcome:
    """Return how a drill went."""
    figures = figures_of(turns, NOW_MS + 40_000)
    told = {
        "name": "claude-outage",
        "began_ms": NOW_MS + 1000,
        "ended_ms": NOW_MS + 3500,
        "figures": dict.fromkeys(("before", "during", "after"), figures),
        "went_wrong": True,
        "aborted": "",
        "refuted": "",
        "steady_after_s": 4.5,
        "turns": turns,
        "refused": {"before": 0, "during": 3, "after": 1},
    }
    return Outcome(**told | changes)


def test_figures_count_what_customers_lived_through() -> None:
    """Late is who heard after 30 s, and who waits longer than that."""
    found = figures_of(TURNS, NOW_MS + 40_000)
    assert (found.messages, found.heard, found.late, found.held) == (5, 4, 2, 1)
    assert found.levels == (1, 0, 1, 0, 2)
    assert (found.p50_s, found.slowest_s) == (28.2, 31)
    assert found.model_share == pytest.approx(0.5)


def test_who_waits_is_late_after_30_seconds_only() -> None:
    """Before that nobody can tell."""
    assert unheard(TURNS, NOW_MS + 34_000) == 0
    assert unheard(TURNS, NOW_MS + 34_001) == 1
    assert unheard(TURNS, NOW_MS + 9_001, for_s=5) == 1


def test_no_traffic_has_figures_too() -> None:
    """Nothing divides by nothing."""
    found = figures_of([], NOW_MS)
    assert (found.messages, found.p95_s, found.model_share) == (0, 0.0, 0.0)


def test_the_record_says_what_a_check_needs() -> None:
    """That it was played, when and where, and how it went."""
    told = record_of(outcome(), PLAN, HERE, NOW_MS)
    assert (told["what"], told["name"], told["played"]) == (
        "drill",
        "claude-outage",
        True,
    )
    assert told["at"] == "2027-01-15T08:00:00+00:00"
    assert told["passed"] is True
    assert record_of(outcome(aborted="x"), PLAN, HERE, NOW_MS)["passed"] is False
    assert told["figures"]["during"]["late"] == 2
    missed = outcome(went_wrong=False, refuted="no worker heard of it")
    assert record_of(missed, PLAN, HERE, NOW_MS)["played"] is False


def test_the_page_tells_all_of_it() -> None:
    """Hypothesis, when it is broken off, result, figures and the picture."""
    page = page_of(
        outcome(), PLAN, HERE, NOW_MS, command="mainstay drill x", picture="x.svg"
    )
    assert page.startswith("# Drill: claude-outage\n")
    for part in (
        PLAN.hypothesis,
        "a customer has waited 30 s",
        "it held",
        "4.5 s after the fault",
        "during 3",
        "| during | 5 | 4 | 2 | 1 | 0 | 1 | 0 | 2 | 1 | 28.20 | 31.00 | 31.00 |",
        "(x.svg)",
        "`mainstay drill x`",
    ):
        assert part in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"aborted": "too long"}, "broken off: too long"),
        ({"refuted": "not so"}, "refuted: not so"),
        ({"steady_after_s": None}, "not again"),
    ],
)
def test_the_page_hides_nothing(changes, told: str) -> None:
    """A drill that failed says why."""
    page = page_of(outcome(**changes), PLAN, HERE, NOW_MS, command="x", picture="x.svg")
    assert told in page


def test_the_picture_has_a_point_a_message_that_was_heard() -> None:
    """In the colour of its level, inside the frame."""
    root = ET.fromstring(plot(outcome()))  # noqa: S314 - ours
    circles = [
        e for e in root.iter() if e.tag.endswith("circle") and e.get("r") == "2.5"
    ]
    assert [c.get("fill") for c in circles] == [
        COLOURS[0],
        COLOURS[2],
        COLOURS[4],
        COLOURS[4],
    ]
    for c in circles:
        assert 0 <= float(c.get("cx") or -1) <= 720
        assert 0 <= float(c.get("cy") or -1) <= 260


def test_many_messages_do_not_make_it_large() -> None:
    """They are thinned out; and none at all is a picture too."""
    many = [heard(n / 10, 1, 0) for n in range(9 * MOST_POINTS)]
    assert plot(outcome(many)).count("<circle") <= MOST_POINTS + 5
    ET.fromstring(plot(outcome([])))  # noqa: S314 - ours
