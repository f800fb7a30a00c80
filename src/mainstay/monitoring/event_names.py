"""What each event is called in the log; ``docs/reference/telemetry.md`` has them."""

from collections.abc import Mapping

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

NAMES: Mapping[type[TelemetryEvent], str] = {
    TurnEnded: "turn.ended",
    TurnResumed: "turn.resumed",
    LeaseGone: "lease.lost",
    ModelCalled: "model.called",
    ModelAwaited: "model.awaited",
    ModelHedged: "model.hedged",
    ModelLimitMoved: "model.limit",
    ToolCalled: "tool.called",
    EffectChanged: "effect.changed",
    BreakerChanged: "breaker.changed",
    LimitReached: "limit.reached",
    Held: "turn.held",
    Escalated: "turn.escalated",
    HandedOff: "conversation.handed_off",
    Buried: "process.buried",
    Evicted: "process.evicted",
    CacheStateChanged: "cache.changed",
    CacheBypassed: "cache.bypassed",
    SecretRotated: "secret.rotated",
    RequestServed: "request.served",
    MessageTaken: "message.taken",
    RequestShed: "request.shed",
    SheddingChanged: "shedding.changed",
    PoolRead: "pool.read",
    PoolChanged: "pool.changed",
    CheckChanged: "check.changed",
    AnomalyChanged: "anomaly.changed",
    LatencyRecorded: "author.latency",
    ErrorRecorded: "author.error",
    MetricRecorded: "author.metric",
    RecordRefused: "author.refused",
    TelemetryDropped: "telemetry.dropped",
    Trouble: "trouble",
}

RENAMED: Mapping[str, str] = {"level": "fallback_level"}
"""``level`` is the log line's own; a reply's goes by its name in the API."""
