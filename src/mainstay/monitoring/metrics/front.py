"""Metrics of the gateway: requests, messages, and what is turned away."""

from http import HTTPStatus

from mainstay.monitoring.labels import OTHER
from mainstay.monitoring.metrics.registry import (
    CALL_BUCKETS_S,
    SHORT_BUCKETS_S,
    Handlers,
    Registry,
)
from mainstay.ports.front_events import MessageTaken, RequestServed
from mainstay.ports.telemetry import RequestShed, SheddingChanged

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Whoever asks may invent a method."""

STATUSES = frozenset({0, *HTTPStatus})

NO_ROUTE = "none"

MAX_REQUESTS = 1000
"""Each route with its methods and statuses has room: none hides another's 503."""


class FrontMetrics:
    """Counts what comes in.

    Args:
        registry: where the metrics are.
    """

    def __init__(self, registry: Registry) -> None:
        counter, histogram = registry.counter, registry.histogram
        self._requests = counter(
            "http_requests",
            "HTTP requests answered.",
            *("route", "method", "status"),
            most=MAX_REQUESTS,
            kept=("method", "status"),
        )
        self._request_s = histogram(
            "http_request_duration_seconds",
            "Duration of a request, waiting for a reply left out.",
            CALL_BUCKETS_S,
            "route",
        )
        self._accepts = counter(
            "accepts", "Messages that came, by what became of them.", "outcome"
        )
        self._accept_s = histogram(
            "accept_duration_seconds",
            "From the head of a message's request until it is stored.",
            SHORT_BUCKETS_S,
        ).of()
        self._shed = counter(
            "requests_shed", "Requests turned away: too much to do.", "kind", "cause"
        )
        self._shedding = registry.gauge(
            "shedding", "1 while requests are turned away, else 0."
        ).of()

    @property
    def handlers(self) -> Handlers:
        """What counts each event."""
        return {
            RequestServed: self._served,
            MessageTaken: self._taken,
            RequestShed: lambda event: self._shed.of(event.kind, event.cause).inc(),
            SheddingChanged: lambda event: self._shedding.set(event.state == "began"),
        }

    def _served(self, event: RequestServed) -> None:
        of_route = event.status != HTTPStatus.METHOD_NOT_ALLOWED
        method = event.method if of_route and event.method in METHODS else OTHER
        status = str(event.status) if event.status in STATUSES else OTHER
        route = event.route or NO_ROUTE
        self._requests.of(route, method, status).inc()
        self._request_s.of(route).observe(event.duration_ms / 1000)

    def _taken(self, event: MessageTaken) -> None:
        self._accepts.of(event.outcome).inc()
        if event.outcome == "stored":
            self._accept_s.observe(event.duration_ms / 1000)
