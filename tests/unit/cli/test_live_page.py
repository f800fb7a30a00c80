"""Pages of metrics: what is read of them, and what happened between two."""

import pytest

from mainstay.cli.live.page import grown, named, quantile, read, replaced, sums

PAGE = """\
# HELP mainstay_turns_total Turns.
# TYPE mainstay_turns_total counter
mainstay_turns_total{level="0",outcome="answered"} 7.0
mainstay_turns_total{level="4",outcome="dead"} 2.0
mainstay_turns_total{level="0",outcome="handed_off"} 1.0
# TYPE mainstay_queue_depth gauge
mainstay_queue_depth{state="ready"} 12.0
# TYPE mainstay_turn_duration_seconds histogram
mainstay_turn_duration_seconds_bucket{le="1.0"} 5.0
mainstay_turn_duration_seconds_bucket{le="2.0"} 9.0
mainstay_turn_duration_seconds_bucket{le="+Inf"} 10.0
mainstay_turn_duration_seconds_count 10.0
mainstay_turn_duration_seconds_sum 13.0
# TYPE process_open_fds gauge
process_open_fds 9.0
"""

IDLE = "# TYPE mainstay_shedding gauge\nmainstay_shedding 0.0\n"
"""The same process before it did anything."""


def turns(count: float, *, started_s: float = 1000.0, process: str = "") -> str:
    """Return a page of one series, of one of several processes if that is named."""
    name, started = "mainstay_turns_total", "process_start_time_seconds"
    mark = f'process="{process}",' if process else ""
    return (
        f'# TYPE {name} counter\n{name}{{{mark}level="0"}} {count}\n'
        f"# TYPE {started} gauge\n{started}{{{mark}}} {started_s}\n"
    )


def test_a_page_is_read() -> None:
    """Ours only: what the machine's library adds is not shown."""
    page = read(PAGE)
    assert sums(page, "mainstay_turns_total", "level") == {("0",): 8.0, ("4",): 2.0}
    assert sums(page, "mainstay_turns_total") == {(): 10.0}
    assert list(named(page, "mainstay_queue_depth")) == [({"state": "ready"}, 12.0)]
    assert not list(named(page, "process_open_fds"))


def test_what_is_no_page_is_refused() -> None:
    """Another server's answer is no measurement."""
    with pytest.raises(ValueError, match="html"):
        read("<html>hello</html>")


@pytest.mark.parametrize(
    ("before", "now", "more"),
    [
        (turns(7), turns(9), 2.0),
        (turns(7), turns(7), 0.0),
        (turns(7), turns(3), 3.0),
        (turns(7).replace("turns", "tries"), turns(3), 3.0),
    ],
    ids=["went on", "stood still", "began anew", "is new"],
)
def test_a_counter_grew(before: str, now: str, more: float) -> None:
    """One that is smaller than before began at 0; it never shrinks."""
    growth = grown(read(before), read(now))
    assert sums(growth, "mainstay_turns_total") == {(): more}
    assert not replaced(read(before), read(now))


@pytest.mark.parametrize(
    ("now", "other"),
    [
        (turns(900, started_s=2000), True),
        (turns(3, started_s=2000), True),
        (turns(900, process="0"), False),
    ],
    ids=["has done more", "has done less", "is named now"],
)
def test_what_another_process_did_is_no_growth(now: str, other: bool) -> None:
    """It has a past of its own, and nobody knows when that was."""
    before = read(turns(7))
    assert not sums(grown(before, read(now)), "mainstay_turns_total")
    assert replaced(before, read(now)) is other


def test_a_process_that_comes_back_to_a_page_brings_no_past() -> None:
    """It was left out because it told too late; the others go on meanwhile."""
    first, second = turns(7, process="0"), turns(900, process="1")
    alone, both = read(turns(9, process="0")), read(f"{first}{second}")
    assert sums(grown(both, alone), "mainstay_turns_total") == {(): 2.0}
    again = read(f"{turns(12, process='0')}{second}")
    growth = grown(alone, again)
    assert sums(growth, "mainstay_turns_total", "process") == {("0",): 3.0}
    assert not replaced(both, alone)
    assert not replaced(alone, again)


def test_one_of_several_processes_started_anew() -> None:
    """Its own figures begin again; those of the others go on."""
    before = read(turns(7, process="0") + turns(7, process="1"))
    now = read(turns(9, process="0") + turns(8, process="1", started_s=2000))
    growth = grown(before, now)
    assert sums(growth, "mainstay_turns_total", "process") == {("0",): 2.0}
    assert replaced(before, now)


def test_a_gauge_does_not_grow() -> None:
    """Its value is what it is."""
    assert not list(named(grown(read(IDLE), read(PAGE)), "mainstay_queue_depth"))


@pytest.mark.parametrize(
    ("q", "seconds"), [(0.25, 0.5), (0.5, 1.0), (0.7, 1.5), (0.99, 2.0)]
)
def test_a_quantile_is_where_prometheus_has_it(q: float, seconds: float) -> None:
    """Even spread within its bucket; above the last bound nobody knows more."""
    growth = grown(read(IDLE), read(PAGE))
    assert quantile(growth, "mainstay_turn_duration_seconds", q) == seconds


def test_of_nothing_there_is_no_quantile() -> None:
    """Neither of an absent histogram nor of one that stood still."""
    page = read(PAGE)
    assert quantile(page, "mainstay_absent", 0.5) is None
    assert quantile(grown(page, page), "mainstay_turn_duration_seconds", 0.5) is None


def test_a_quantile_of_one_label() -> None:
    """Others with the same bounds do not count."""
    name = "mainstay_model_call_duration_seconds"
    text = f"# TYPE {name} histogram\n" + "".join(
        f'{name}_bucket{{model="{model}",le="{bound}"}} {count}\n'
        for model, bound, count in (
            *(("a", "1.0", 4), ("a", "+Inf", 4)),
            *(("b", "1.0", 0), ("b", "4.0", 9), ("b", "+Inf", 9)),
        )
    )
    assert quantile(read(text), name, 0.5, model="a") == 0.5
    assert quantile(read(text), name, 0.5, model="b") == 2.5
