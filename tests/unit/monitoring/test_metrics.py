"""The metrics: what is counted, and what bounds them."""

from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from tests.unit.monitoring.every_event import EVERY_EVENT, after, values

from mainstay.domain.anomaly import Judgement
from mainstay.domain.version import VERSION
from mainstay.monitoring.event_kinds import KINDS
from mainstay.monitoring.labels import MAX_CHARACTERS, MAX_SERIES
from mainstay.monitoring.metrics import Metrics
from mainstay.monitoring.metrics.custom import MAX_METRICS, MAX_TAGS
from mainstay.monitoring.metrics.front import MAX_REQUESTS, METHODS
from mainstay.ports.author_events import LatencyRecorded, MetricRecorded
from mainstay.ports.front_events import RequestServed
from mainstay.ports.health import CheckState
from mainstay.ports.queue import QueueStats
from mainstay.ports.standing import Standing
from mainstay.ports.telemetry import (
    BreakerChanged,
    CacheStateChanged,
    Held,
    TelemetryEvent,
    ToolCalled,
    TurnEnded,
)
from mainstay.testing.given_signs import GivenSigns

STATS = QueueStats(
    ready=1, in_flight=2, delayed=3, dead=4, oldest_age_s=5.5, exact=True
)
MANY = 10_000


def test_each_event_is_counted() -> None:
    """Every kind of event moves its own series."""
    got = values(after(*EVERY_EVENT))
    expected = {
        "http_requests_total{method=GET,route=/v1/turns/{id},status=200}": 1,
        "http_requests_total{method=other,route=none,status=404}": 1,
        "http_request_duration_seconds_sum{route=/v1/turns/{id}}": 0.004,
        "accepts_total{outcome=stored}": 1,
        "accepts_total{outcome=replayed}": 1,
        "accept_duration_seconds_count{}": 1,
        "accept_duration_seconds_sum{}": 0.006,
        "turns_total{level=0,outcome=answered}": 1,
        "turns_total{level=none,outcome=put_off}": 1,
        "turn_duration_seconds_count{}": 2,
        "turn_duration_seconds_sum{}": 1.51,
        "answer_duration_seconds_bucket{le=2.5,level=0}": 1,
        "answer_duration_seconds_sum{level=0}": 1.6,
        "first_word_seconds_bucket{le=2.5}": 1,
        "first_word_seconds_bucket{le=30.0}": 2,
        "first_word_seconds_sum{}": 29.8,
        "turns_resumed_total{}": 1,
        "leases_lost_total{}": 1,
        "model_calls_total{model=m,outcome=ok}": 1,
        "model_call_duration_seconds_sum{model=m}": 0.7,
        "first_token_seconds_sum{model=m}": 0.3,
        "model_tokens_total{kind=input,model=m}": 100,
        "model_tokens_total{kind=output,model=m}": 20,
        "model_tokens_total{kind=cache_read,model=m}": 3000,
        "model_tokens_total{kind=cache_write,model=m}": 400,
        "model_cost_usd_total{model=m}": 0.25,
        "model_waits_total{model=m,outcome=too_long,provider=anthropic}": 1,
        "model_concurrency_limit{model=m,provider=anthropic}": 40,
        "model_concurrency_limit{model=m,provider=bedrock}": 20,
        "tool_calls_total{outcome=ok,tool=refund_order}": 1,
        "tool_call_duration_seconds_count{tool=refund_order}": 1,
        "effects_total{state=committed,tool=refund_order}": 1,
        "effects_total{state=unknown,tool=other}": 3,
        "escalations_total{cause=overdue}": 1,
        "handoffs_total{cause=customer}": 1,
        "breaker_state{breaker=m}": 1,
        "model_pool_left{of=input_tokens,pool=sonnet}": 0.15,
        "model_pool_left{of=requests,pool=sonnet}": 0.9,
        "model_pool_state{pool=sonnet}": 1,
        "limits_reached_total{limit=customer_usd}": 1,
        "holding_replies_total{}": 1,
        "dead_processes_total{}": 1,
        "secrets_rotated_total{}": 1,
        "requests_shed_total{cause=loop,kind=read}": 1,
        "requests_shed_total{cause=store,kind=message}": 1,
        "shedding{}": 1,
        "custom_latency_seconds_sum{operation=price_lookup}": 0.012,
        "custom_errors_total{type=stock_mismatch}": 1,
        "custom_basket_size{country=de}": 4,
        "telemetry_dropped_total{signal=spans}": 7,
        "telemetry_dropped_total{signal=custom}": 1,
        "troubles_total{where=outbox}": 1,
        f"build_info{{version={VERSION}}}": 1,
    }
    assert {name: got[f"mainstay_{name}"] for name in expected} == expected


def test_every_event_has_a_name_a_level_and_a_counter() -> None:
    """What the port adds, monitoring knows."""
    kinds = set(get_args(TelemetryEvent))
    assert set(KINDS) == Metrics().counted == kinds
    assert {type(event) for event in EVERY_EVENT} == kinds


def test_a_customer_hears_back_once() -> None:
    """The answer that follows a holding reply is no first word, however late."""
    late = TurnEnded("turn_1", "answered", 0, 1500.0, 600_000.0, held=True)
    got = values(after(Held("turn_1", since_accept_ms=28_200.0), late))
    assert got["mainstay_first_word_seconds_count{}"] == 1
    assert got["mainstay_first_word_seconds_bucket{le=30.0}"] == 1
    assert got["mainstay_answer_duration_seconds_bucket{le=30.0,level=0}"] == 0
    assert got["mainstay_answer_duration_seconds_count{level=0}"] == 1


def test_a_breaker_shows_its_last_state() -> None:
    """Open is 2, closed again is 0."""
    opened = after(BreakerChanged("m", "open"))
    assert values(opened)["mainstay_breaker_state{breaker=m}"] == 2
    opened.count(BreakerChanged("m", "closed"))
    assert values(opened)["mainstay_breaker_state{breaker=m}"] == 0


def test_the_cache_has_a_gauge_once_it_has_a_state() -> None:
    """A process without a shared cache shows no zero that looks like an outage."""
    metrics = Metrics()
    assert b"mainstay_cache_up" not in metrics.render()
    for state, up in (("down", 0), ("up", 1), ("slow", 0)):
        metrics.count(CacheStateChanged(state))
        assert values(metrics)["mainstay_cache_up{}"] == up


def test_what_is_done_without_the_cache_is_counted_by_use() -> None:
    """An operator sees what its loss costs, and that it costs nothing now."""
    got = values(after(*EVERY_EVENT))
    assert got["mainstay_cache_bypasses_total{use=limit}"] == 2
    assert got["mainstay_cache_bypasses_total{use=context}"] == 1


def test_what_is_alerted_on_is_0_before_it_happens() -> None:
    """A series that begins with the event shows no increase, and nobody is told."""
    metrics = Metrics()
    metrics.turns.show_levels()
    metrics.models.show_refusals(["m"])
    got = values(metrics)
    for level in range(5):
        bucket = f"mainstay_answer_duration_seconds_bucket{{le=30.0,level={level}}}"
        assert got[bucket] == 0
        count = f"mainstay_answer_duration_seconds_count{{level={level}}}"
        assert got[count] == 0
        assert got[f"mainstay_turns_total{{level={level},outcome=answered}}"] == 0
    for outcome in ("auth", "spent", "unforeseen"):
        assert got[f"mainstay_model_calls_total{{model=m,outcome={outcome}}}"] == 0
    for signal in ("spans", "metrics", "logs", "custom"):
        assert got[f"mainstay_telemetry_dropped_total{{signal={signal}}}"] == 0


def test_invented_tool_names_do_not_grow_the_metrics() -> None:
    """A model that makes names up ends in one series, and nothing is lost."""
    names = [f"tool_{n}" for n in range(MAX_SERIES + 50)]
    got = values(after(*(ToolCalled("t", name, "refused", 1.0) for name in names)))
    calls = {k: v for k, v in got.items() if k.startswith("mainstay_tool_calls_total")}
    assert len(calls) == MAX_SERIES + 1
    assert calls["mainstay_tool_calls_total{outcome=other,tool=other}"] == 50


@pytest.mark.parametrize("event", EVERY_EVENT, ids=lambda event: KINDS[type(event)][0])
def test_no_label_grows_without_a_bound(event: TelemetryEvent) -> None:
    """Ten thousand distinct values at each text of each event: 200 series and one.

    Of requests 1000, and one for each method and status.
    """
    for field in fields(event):
        kinds: dict[type, Any] = {
            str: [f"{'x' * 200}{n}" if n % 2 else f"value_{n}" for n in range(MANY)],
            int: range(100, 100 + MANY),
        }
        told = kinds.get(type(getattr(event, field.name)), ())
        if field.name == "state" and not _is_free(event):
            continue
        metrics = Metrics()
        for value in told:
            metrics.count(replace(event, **{field.name: value}))
        for family in metrics.collect():
            series = {
                tuple(v for k, v in sorted(sample.labels.items()) if k != "le")
                for sample in family.samples
            }
            most = max(MAX_SERIES, MAX_METRICS)
            if family.name == "mainstay_http_requests":
                most = MAX_REQUESTS
            assert len(series) <= most + 1, field.name
            assert all(len(v) <= MAX_CHARACTERS for one in series for v in one)


def _is_free(event: TelemetryEvent) -> bool:
    """Tell whether the state of an event is a label, and no key of ours."""
    return type(event).__name__ == "EffectChanged"


def test_an_authors_names_and_tags_are_bounded() -> None:
    """Ten thousand names are 100 metrics; ten thousand values of a tag, 200 series."""
    metrics = Metrics()
    for n in range(MANY):
        metrics.count(MetricRecorded(f"figure_{n}", 1.0, {}))
        metrics.count(MetricRecorded("figure_0", 1.0, {"who": str(n)}))
        metrics.count(MetricRecorded("figure_1", 1.0, {f"tag_{n}": "x"}))
    text = metrics.render().decode()
    assert text.count("# TYPE mainstay_custom_figure_") == MAX_METRICS
    dropped = values(metrics)["mainstay_telemetry_dropped_total{signal=custom}"]
    assert dropped == MANY - MAX_METRICS
    tags = {f"t{n}": "x" for n in range(50)}
    more = after(
        *(MetricRecorded("b", 1.0, tags | {"t0": str(n)}) for n in range(MANY))
    )
    series = [k for k in values(more) if k.startswith("mainstay_custom_b")]
    assert len(series) == MAX_SERIES + 1
    assert series[0].count("=") == MAX_TAGS


def test_an_authors_names_become_names_of_metrics() -> None:
    """Whatever the name, the page can be read; one of ours is not taken."""
    got = values(
        after(
            MetricRecorded("Basket Size (EUR)", 1.0, {"Land": "de", "le": "x"}),
            MetricRecorded("9lives", 2.0, {}),
            MetricRecorded("errors", 3.0, {}),
            MetricRecorded("latency_seconds_count", 4.0, {}),
            MetricRecorded("***", 5.0, {}),
            MetricRecorded("basket_size__eur", 6.0, {"land": "fr", "new": "y"}),
        )
    )
    custom = {k: v for k, v in got.items() if "custom" in k and v}
    created = {k for k in custom if "_created" in k}
    assert {k: v for k, v in custom.items() if k not in created} == {
        "mainstay_custom_basket_size__eur{land=de}": 1,
        "mainstay_custom_basket_size__eur{land=fr}": 6,
        "mainstay_custom_n9lives{}": 2,
        "mainstay_telemetry_dropped_total{signal=custom}": 3,
    }


def test_an_invented_method_is_other() -> None:
    """Whoever asks may send any word as a method."""
    got = values(after(*(RequestServed(f"M{n}", "", 404, 1.0) for n in range(MANY))))
    name = "mainstay_http_requests_total{method=other,route=none,status=404}"
    assert got[name] == MANY


def test_a_sweep_of_methods_does_not_hide_what_is_turned_away() -> None:
    """Anybody may ask each route with each method; a 503 later is still one."""
    routes = [f"/v1/things_{n}" for n in range(40)]
    sweep = [
        RequestServed(method, route, 405, 1.0)
        for route in routes
        for method in (*METHODS, "TRACE")
    ]
    got = values(after(*sweep, RequestServed("POST", "/v1/turns", 503, 1.0)))
    name = "mainstay_http_requests_total"
    assert got[f"{name}{{method=POST,route=/v1/turns,status=503}}"] == 1
    assert got[f"{name}{{method=other,route={routes[0]},status=405}}"] == 8
    assert sum(key.startswith(f"{name}{{") for key in got) == len(routes) + 1


def test_a_request_beyond_the_bound_keeps_its_method_and_status() -> None:
    """Whoever asks for the share of 503 asks by these two."""
    fill = [RequestServed("GET", f"/{n}", 200, 1.0) for n in range(MAX_REQUESTS)]
    got = values(after(*fill, RequestServed("POST", "/v1/turns", 503, 1.0)))
    assert got["mainstay_http_requests_total{method=POST,route=other,status=503}"] == 1


def test_an_invented_status_is_other() -> None:
    """What HTTP does not know has no series of its own."""
    got = values(after(*(RequestServed("GET", "", n, 1.0) for n in (0, 200, 799))))
    name = "mainstay_http_requests_total{method=GET,route=none,status="
    assert [got[f"{name}{status}}}"] for status in ("0", "200", "other")] == [1, 1, 1]


def test_how_things_stand_is_shown_once_it_is_known() -> None:
    """A process that never reads a thing shows no zero that means nothing."""
    metrics = Metrics()
    before = metrics.render().decode()
    for name in ("queue_oldest", "escalations_open", "disk", "workers", "audit"):
        assert f"mainstay_{name}" not in before
    stand(metrics)
    got = values(metrics)
    assert got["mainstay_queue_depth{state=in_flight}"] == 2
    assert got["mainstay_queue_depth{state=dead}"] == 4
    assert got["mainstay_queue_oldest_age_seconds{}"] == 5.5
    assert got["mainstay_escalations_open{}"] == 7
    assert got["mainstay_escalations_oldest_age_seconds{}"] == 8.5
    assert got["mainstay_effects_in_doubt{}"] == 2
    assert (got["mainstay_workers{}"], got["mainstay_gateways{}"]) == (3, 2)
    assert got["mainstay_disk_free_bytes{}"] == 10
    assert got["mainstay_disk_total_bytes{}"] == 100
    assert got["mainstay_clock_skew_seconds{}"] == -0.5
    assert got["mainstay_audit_chain_valid{}"] == 0
    assert got["mainstay_model_retires_in_seconds{model=m}"] == 60
    assert got["mainstay_event_loop_lag_seconds_sum{}"] == 0.3
    assert got["mainstay_pool_wait_seconds_sum{pool=postgres}"] == 0.2


def stand(metrics: Metrics) -> None:
    """Set every metric that no event moves."""
    state = metrics.state
    state.set_queue(STATS)
    state.set_standing(Standing(escalations=7, oldest_age_s=8.5, in_doubt=2))
    state.set_processes(workers=3, gateways=2)
    state.set_disk(free_bytes=10, total_bytes=100)
    state.set_skew(-0.5)
    state.set_audit(valid=False)
    state.set_retirement("m", 60)
    state.lagged(0.3)
    state.waits_of("postgres")(0.2)
    state.count_commits(lambda: 0)
    judged = Judgement("latency", "unusual", 8.1, 4.25, 1.5, 6)
    checks = [CheckState("database", ok=True, last_run_ms=1_000)]
    metrics.health.show(GivenSigns(checks, judged=[judged]))


def test_two_monitors_share_nothing() -> None:
    """Each has its own registry: tests and embedders may make as many as they like."""
    after(Held("turn_1"))
    assert values(Metrics())["mainstay_holding_replies_total{}"] == 0


def test_a_latency_of_an_author_has_its_bucket() -> None:
    """Seconds, as Prometheus has them."""
    got = values(after(LatencyRecorded("x", 40.0)))
    bucket = "mainstay_custom_latency_seconds_bucket{le=0.05,operation=x}"
    assert got[bucket] == 1
