"""The metrics: what is counted, what bounds them, what documents them."""

import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

from prometheus_client.parser import text_string_to_metric_families

from mainstay.monitoring.event_log import NAMES, RENAMED
from mainstay.monitoring.labels import MAX_SERIES
from mainstay.monitoring.metrics import Metrics
from mainstay.ports.queue import QueueStats
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

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "telemetry.md"
STATS = QueueStats(
    ready=1, in_flight=2, delayed=3, dead=4, oldest_age_s=5.5, exact=True
)
EVERY_EVENT = (
    TurnEnded("turn_1", "answered", 0, 1500.0),
    TurnEnded("turn_2", "put_off", None, 10.0),
    ModelCalled("turn_1", "m", "ok", 700.0),
    ModelAwaited("turn_1", "m", "too_long", 2000.0),
    ModelHedged("turn_1", "m", "second"),
    ModelLimitMoved("m", 40, "slow"),
    ModelLimitMoved("m", 20, "slow", "bedrock"),
    ToolCalled("turn_1", "refund_order", "ok", 20.0),
    BreakerChanged("m", "half_open"),
    CacheStateChanged("up"),
    LimitReached("turn_1", "customer_usd"),
    Held("turn_1"),
    Buried("proc_1", 2),
    Evicted(4711, 8.5),
    SecretRotated("DATABASE_URL"),
    RequestShed("read", "loop"),
    RequestShed("message", "store"),
    SheddingChanged("began", "loop", 1),
    CacheStateChanged("slow", "no answer within 0.05 s"),
    CacheBypassed("limit"),
    CacheBypassed("limit"),
    CacheBypassed("context"),
    PoolRead("sonnet", 0.9, 0.15, 1.0),
    PoolChanged("sonnet", "low"),
    Trouble("outbox", "OSError"),
)


def values(metrics: Metrics) -> dict[str, float]:
    """Return every sample as ``name{labels}`` to its value."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def after(*events: TelemetryEvent) -> Metrics:
    """Return metrics that counted these events."""
    metrics = Metrics()
    for event in events:
        metrics.count(event)
    return metrics


def test_each_event_is_counted() -> None:
    """Every kind of event moves its own series."""
    got = values(after(*EVERY_EVENT))
    expected = {
        "mainstay_turns_total{level=0,outcome=answered}": 1,
        "mainstay_turns_total{level=none,outcome=put_off}": 1,
        "mainstay_turn_duration_seconds_count{}": 2,
        "mainstay_turn_duration_seconds_sum{}": 1.51,
        "mainstay_model_calls_total{model=m,outcome=ok}": 1,
        "mainstay_model_call_duration_seconds_sum{model=m}": 0.7,
        "mainstay_model_waits_total{model=m,outcome=too_long,provider=anthropic}": 1,
        "mainstay_model_concurrency_limit{model=m,provider=anthropic}": 40,
        "mainstay_model_concurrency_limit{model=m,provider=bedrock}": 20,
        "mainstay_tool_calls_total{outcome=ok,tool=refund_order}": 1,
        "mainstay_tool_call_duration_seconds_count{tool=refund_order}": 1,
        "mainstay_breaker_state{breaker=m}": 1,
        "mainstay_model_pool_left{of=input_tokens,pool=sonnet}": 0.15,
        "mainstay_model_pool_left{of=requests,pool=sonnet}": 0.9,
        "mainstay_model_pool_state{pool=sonnet}": 1,
        "mainstay_limits_reached_total{limit=customer_usd}": 1,
        "mainstay_holding_replies_total{}": 1,
        "mainstay_dead_processes_total{}": 1,
        "mainstay_secrets_rotated_total{}": 1,
        "mainstay_requests_shed_total{cause=loop,kind=read}": 1,
        "mainstay_requests_shed_total{cause=store,kind=message}": 1,
        "mainstay_shedding{}": 1,
        "mainstay_troubles_total{where=outbox}": 1,
    }
    assert {name: got[name] for name in expected} == expected


def test_a_breaker_shows_its_last_state() -> None:
    """Open is 2, closed again is 0."""
    opened = after(BreakerChanged("m", "open"))
    assert values(opened)["mainstay_breaker_state{breaker=m}"] == 2
    opened.count(BreakerChanged("m", "closed"))
    assert values(opened)["mainstay_breaker_state{breaker=m}"] == 0


def test_the_cache_has_a_gauge_once_it_has_a_state() -> None:
    """A process without a shared cache shows no zero that looks like an outage."""
    metrics = Metrics()
    assert b"mainstay_cache" not in metrics.render()
    for state, up in (("down", 0), ("up", 1), ("slow", 0)):
        metrics.count(CacheStateChanged(state))
        assert values(metrics)["mainstay_cache_up{}"] == up


def test_what_is_done_without_the_cache_is_counted_by_use() -> None:
    """An operator sees what its loss costs, and that it costs nothing now."""
    got = values(after(*EVERY_EVENT))
    assert got["mainstay_cache_bypasses_total{use=limit}"] == 2
    assert got["mainstay_cache_bypasses_total{use=context}"] == 1


def test_invented_tool_names_do_not_grow_the_metrics() -> None:
    """A model that makes names up ends in one series, and nothing is lost."""
    names = [f"tool_{n}" for n in range(MAX_SERIES + 50)]
    got = values(after(*(ToolCalled("t", name, "refused", 1.0) for name in names)))
    calls = {k: v for k, v in got.items() if k.startswith("mainstay_tool_calls_total")}
    assert len(calls) == MAX_SERIES + 1
    assert calls["mainstay_tool_calls_total{outcome=other,tool=other}"] == 50


def test_the_backlog_has_gauges_once_it_is_known() -> None:
    """A process that never reads the queue shows no zero that means nothing."""
    metrics = Metrics()
    assert b"mainstay_queue" not in metrics.render()
    metrics.set_queue(STATS)
    got = values(metrics)
    assert got["mainstay_queue_depth{state=in_flight}"] == 2
    assert got["mainstay_queue_depth{state=dead}"] == 4
    assert got["mainstay_queue_oldest_age_seconds{}"] == 5.5


def test_two_monitors_share_nothing() -> None:
    """Each has its own registry: tests and embedders may make as many as they like."""
    after(Held("turn_1"))
    assert values(Metrics())["mainstay_holding_replies_total{}"] == 0


def test_the_page_documents_every_event_and_metric_and_no_other() -> None:
    """docs/reference/telemetry.md is the one table; both directions are held."""
    page = PAGE.read_text()
    assert set(NAMES) == set(get_args(TelemetryEvent))
    for kind, name in NAMES.items():
        (row,) = re.findall(rf"^\| `{re.escape(name)}` \|.*$", page, re.MULTILINE)
        names = [RENAMED.get(field.name, field.name) for field in fields(kind)]
        assert all(f"`{name}`" in row for name in names)
    metrics = after(*EVERY_EVENT)
    metrics.set_queue(STATS)
    metrics.count_commits(lambda: 0)
    text = metrics.render().decode()
    scraped = set(re.findall(r"^# TYPE (mainstay_\w+)", text, re.MULTILINE))
    documented = set(re.findall(r"`(mainstay_[a-z_]+)`", page))
    assert documented == {n for n in scraped if not n.endswith("_created")}
