"""Samples: only what rules look at, bounded, and the same after a restart."""

from mainstay.monitoring.alerting import history
from mainstay.monitoring.alerting.evaluation import Moment
from mainstay.monitoring.alerting.expression import NAME
from mainstay.monitoring.alerting.parser import parse
from mainstay.monitoring.alerting.samples import MAX_SERIES, Samples
from mainstay.monitoring.alerting.series import LOOKBACK_S, STEPS
from mainstay.monitoring.alerting.target import Target

BEGIN_S = 1_700_000_000.0
EXPRESSIONS = (
    *("rate(hits[3d])", "increase(hits[5m])", "max_over_time(room[6h])"),
    *("avg_over_time(room[1d])", "deriv(room[6h])", 'count(up{job="mainstay"})'),
)


def filled(length_s: float, every_s: float = 15.0) -> tuple[Samples, Target, float]:
    """Return samples of a process that was seen for so long."""
    samples = Samples(map(parse, EXPRESSIONS))
    target = Target("h:1", samples)
    now_s = BEGIN_S
    for n in range(int(length_s / every_s)):
        now_s = BEGIN_S + n * every_s
        count = n % 9000
        target.take(f'hits{{p="1"}} {count}\nroom {n % 7}\nother 3\n', now_s)
    return samples, target, now_s


def test_what_no_rule_looks_at_is_not_kept() -> None:
    """Neither other metrics nor series that no selector fits."""
    samples = Samples([parse('sum(hits{p=~"[12]"})')])
    Target("h:1", samples).take(
        'hits{p="1"} 1\nhits{p="3"} 1\nmisses 4\n# HELP x y\n', BEGIN_S
    )
    assert [dict(series.labels)["p"] for series in samples] == ["1"]


def test_series_are_bounded() -> None:
    """Those beyond are left out, and counted."""
    samples = Samples([parse("sum(hits)")])
    page = "".join(f'hits{{n="{n}"}} 1\n' for n in range(MAX_SERIES + 5))
    Target("h:1", samples).take(page, BEGIN_S)
    assert (len(samples), samples.left_out) == (MAX_SERIES, 5)


def test_what_was_left_out_is_kept_once_there_is_room() -> None:
    """A crowd of series that ends makes room; what goes on is seen from then on."""
    samples = Samples([parse("sum(hits)")])
    target = Target("h:1", samples)
    lines = [f'hits{{n="{n}"}} 1\n' for n in range(MAX_SERIES + 1)]
    target.take("".join(lines), BEGIN_S)
    target.take(lines[-1], BEGIN_S + 15)
    assert (len(samples), samples.left_out) == (MAX_SERIES, 2)
    later_s = BEGIN_S + LOOKBACK_S + 15
    samples.forget(later_s)
    target.take(lines[-1], later_s)
    assert (len(samples), samples.left_out) == (1, 2)


def test_a_week_takes_no_more_than_three_days() -> None:
    """Samples are dropped once no window reaches them."""
    samples, _, _ = filled(7 * 86_400, every_s=60)
    longest = max(len(t.times) for s in samples for t in s.tracks().values())
    assert longest <= STEPS + 70


def test_a_restart_loses_nothing() -> None:
    """Every expression has the value that it had, also after further samples."""
    before, _, now_s = filled(4 * 3600)
    after = Samples(map(parse, EXPRESSIONS))
    history.load(after, history.dumped(before))
    for target in (Target("h:1", before), Target("h:1", after)):
        target.take('hits{p="1"} 7\nroom 3\n', now_s + 15)
    for expression in map(parse, EXPRESSIONS):
        ours = Moment(after, now_s + 15).evaluate(expression)
        assert ours == Moment(before, now_s + 15).evaluate(expression)
        assert ours


def test_other_rules_take_of_a_history_what_they_can() -> None:
    """A window that is new begins now; a metric of no rule is left out."""
    before, _, now_s = filled(3600)
    after = Samples([parse("rate(hits[2d])"), parse("increase(hits[5m])")])
    history.load(after, history.dumped(before))
    assert len(after) == 1
    assert Moment(after, now_s).evaluate(parse("rate(hits[2d])")) == {}
    assert Moment(after, now_s).evaluate(parse("increase(hits[5m])"))


def test_a_process_that_is_not_seen_has_no_values_now() -> None:
    """At once, not after five minutes; its past still counts in windows."""
    samples, target, now_s = filled(600)
    target.miss(now_s + 15)
    moment = Moment(samples, now_s + 15)
    up = moment.evaluate(parse('count(up{job="mainstay"})'))
    assert up == {(): 1.0}
    (series,) = (s for s in samples if dict(s.labels)[NAME] == "hits")
    assert series.newest(now_s + 15) is None
    assert moment.evaluate(parse("increase(hits[5m])"))


def test_an_old_value_holds_no_longer() -> None:
    """Five minutes, as in Prometheus."""
    samples = Samples([parse("hits")])
    Target("h:1", samples).take("hits 1\n", BEGIN_S)
    assert Moment(samples, BEGIN_S + LOOKBACK_S - 1).evaluate(parse("hits"))
    assert not Moment(samples, BEGIN_S + LOOKBACK_S).evaluate(parse("hits"))


def test_labels_are_read_as_they_are_written() -> None:
    """With quotes, braces, spaces and line ends in them."""
    samples = Samples([parse("hits")])
    written = r'hits{a="x\"y} z",b="1\n2",c="\\"} 4'
    Target("h:1", samples).take(f"{written}\n", BEGIN_S)
    (series,) = samples
    labels = dict(series.labels)
    assert (labels["a"], labels["b"], labels["c"]) == ('x"y} z', "1\n2", "\\")
