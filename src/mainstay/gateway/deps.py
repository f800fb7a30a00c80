"""What the gateway is built from."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mainstay.domain.trace import Trace
from mainstay.gateway.front import Front
from mainstay.gateway.load import Load
from mainstay.ports.answers import Answers
from mainstay.ports.breakers import Breakers
from mainstay.ports.chance import Ids
from mainstay.ports.clock import Clock
from mainstay.ports.conversations import Conversations
from mainstay.ports.desk import Desk
from mainstay.ports.feed import Feed
from mainstay.ports.health import VitalSigns
from mainstay.ports.inbox import Inbox
from mainstay.ports.keys import Keys
from mainstay.ports.limiter import Limiter
from mainstay.ports.queue import Queue
from mainstay.ports.spend import Spend
from mainstay.ports.telemetry import Telemetry

if TYPE_CHECKING:
    # What verifies tokens takes 8 MB; a gateway without any goes without.
    from mainstay.gateway.tokens import CustomerTokens


@dataclass(frozen=True, slots=True)
class Check:
    """What a health probe found.

    Args:
        ok: whether the thing works.
        detail: one line for operators; shown to whoever asks.
        critical: whether the service is unhealthy without it.
    """

    ok: bool
    detail: str = ""
    critical: bool = True


Probe = Callable[[], Awaitable[Check]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDeps:
    """The ports and callables the gateway uses.

    Args:
        inbox: accepts.
        conversations: reads.
        desk: dead turns.
        keys: API keys.
        answers: earlier answers.
        spend: what models cost.
        queue: takes wakes, tells its depth.
        feed: tells of news.
        clock: tells the time.
        ids: names requests.
        limiter: one bucket a customer.
        telemetry: takes troubles, and is told of each request and message.
        breakers: the circuit breakers.
        tokens: customer tokens, or None when the host signs none.
        signs: what background checks found; ``claude_api`` and ``database`` are
            expected. None: nobody looks.
        ready: whether the process may get traffic.
        render_metrics: Prometheus text.
        load: measures what there is to do, started and stopped by its owner; None:
            only requests and commits count.
        trace_of: begins a request's span, from its headers ``traceparent`` and
            ``tracestate``; None without tracing.
        parts: mount further routes through the front, e.g. the desk's.
    """

    inbox: Inbox
    conversations: Conversations
    desk: Desk
    keys: Keys
    answers: Answers
    spend: Spend
    queue: Queue
    feed: Feed
    clock: Clock
    ids: Ids
    limiter: Limiter
    telemetry: Telemetry
    breakers: Breakers
    render_metrics: Callable[[], Awaitable[bytes]]
    tokens: "CustomerTokens | None" = None
    signs: VitalSigns | None = None
    ready: Callable[[], bool] = lambda: True
    load: Load | None = None
    trace_of: Callable[[bytes, bytes], Trace | None] = lambda _, __: None
    parts: Sequence[Callable[[Front], None]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayOptions:
    """The gateway's limits.

    Args:
        version: shown in the OpenAPI document.
        public: whether customers and staff come in here; else only health, metrics and
            administration are served.
        request_timeout_s: the longest a request may take, streams excepted.
        max_streams: event streams at once; more get 503.
        max_waits: requests that wait for a reply at once; more get 202 at once.
        heartbeat_s: seconds between signs of life on a silent stream.
        send_timeout_s: seconds a stream's reader may be stuck before it is dropped.
        publish_timeout_s: seconds accept gives the queue; the store is the truth.
        error_rate_limit_percent: above this the service calls itself unhealthy.
        queue_depth_limit: from so many ready conversations on it does, too.
    """

    version: str = "0"
    public: bool = True
    request_timeout_s: float = 30.0
    max_streams: int = 2_000
    max_waits: int = 4_000
    heartbeat_s: float = 15.0
    send_timeout_s: float = 10.0
    publish_timeout_s: float = 1.0
    error_rate_limit_percent: float = 5.0
    queue_depth_limit: int = 10_000

    def __post_init__(self) -> None:
        for name in ("request_timeout_s", "heartbeat_s", "send_timeout_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be above 0")
