"""At least one event of every kind, and what a scrape shows of them."""

from prometheus_client.parser import text_string_to_metric_families

from mainstay.domain.step import Usage
from mainstay.monitoring.metrics import Metrics
from mainstay.ports.author_events import (
    ErrorRecorded,
    LatencyRecorded,
    MetricRecorded,
    RecordRefused,
)
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
    SecretRotated,
    SheddingChanged,
    TelemetryDropped,
    TelemetryEvent,
    ToolCalled,
    Trouble,
    TurnEnded,
)
from mainstay.ports.turn_events import (
    EffectChanged,
    Escalated,
    HandedOff,
    LeaseGone,
    TurnResumed,
)

USAGE = Usage(100, 20, 3000, 400)
EVERY_EVENT: tuple[TelemetryEvent, ...] = (
    RequestServed("GET", "/v1/turns/{id}", 200, 4.0),
    RequestServed("BREW", "", 404, 1.0),
    MessageTaken("turn_1", "stored", 6.0),
    MessageTaken("turn_1", "replayed", 2.0),
    TurnEnded("turn_1", "answered", 0, 1500.0, 1600.0),
    TurnEnded("turn_2", "put_off", None, 10.0),
    TurnResumed("turn_1", 2),
    LeaseGone("turn_1"),
    ModelCalled("turn_1", "m", "ok", 700.0, "", "anthropic", 300.0, USAGE, 0.25),
    ModelAwaited("turn_1", "m", "too_long", 2000.0),
    ModelHedged("turn_1", "m", "second"),
    ModelLimitMoved("m", 40, "slow"),
    ModelLimitMoved("m", 20, "slow", "bedrock"),
    ToolCalled("turn_1", "refund_order", "ok", 20.0),
    EffectChanged("turn_1", "refund_order", "committed"),
    EffectChanged("", "other", "unknown", 3),
    BreakerChanged("m", "half_open"),
    CacheStateChanged("up"),
    LimitReached("turn_1", "customer_usd"),
    Held("turn_1", since_accept_ms=28_200.0),
    Escalated("turn_1", "overdue"),
    HandedOff("conv_1", "customer"),
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
    CheckChanged("database", "failing", "away"),
    AnomalyChanged("latency", "unusual", 8.1, 4.2, 1.1),
    LatencyRecorded("price_lookup", 12.0),
    ErrorRecorded("stock_mismatch", {"order_id": "1042"}),
    MetricRecorded("basket_size", 4.0, {"country": "de"}),
    RecordRefused("record_metric", "value must be a finite number"),
    TelemetryDropped("spans", 7),
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
