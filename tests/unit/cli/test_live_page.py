"""Pages of metrics: what is read of them, and what happened between two."""

import pytest

from mainstay.cli.live.page import grown, named, quantile, read, sums

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


def turns(count: float) -> str:
    """Return a page of one series."""
    name = "mainstay_turns_total"
    return f'# TYPE {name} counter\n{name}{{level="0"}} {count}\n'


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
        ("", turns(3), 3.0),
    ],
    ids=["went on", "stood still", "began anew", "is new"],
)
def test_a_counter_grew(before: str, now: str, more: float) -> None:
    """One that is smaller than before began at 0; it never shrinks."""
    growth = grown(read(before), read(now))
    assert sums(growth, "mainstay_turns_total") == {(): more}


def test_a_gauge_does_not_grow() -> None:
    """Its value is what it is."""
    assert not list(named(grown({}, read(PAGE)), "mainstay_queue_depth"))


@pytest.mark.parametrize(
    ("q", "seconds"), [(0.25, 0.5), (0.5, 1.0), (0.7, 1.5), (0.99, 2.0)]
)
def test_a_quantile_is_where_prometheus_has_it(q: float, seconds: float) -> None:
    """Even spread within its bucket; above the last bound nobody knows more."""
    growth = grown({}, read(PAGE))
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
