"""Liveness, readiness, health and metrics; none needs credentials."""

from starlette.requests import Request
from starlette.responses import Response

from mainstay.gateway.deps import GatewayDeps, GatewayOptions
from mainstay.gateway.front import Front, answered
from mainstay.gateway.health_view import Alive, Health, health_of
from mainstay.gateway.problems import Problem
from mainstay.gateway.recent import Recent
from mainstay.gateway.spec import Operation
from mainstay.gateway.window import Window

REMEMBER_S = 1.0
"""Health is asked for by anyone: it is put together once a second at most."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class HealthRoutes:
    """The routes that watchers ask.

    Args:
        deps: vital signs and metrics.
        options: the limits.
        window: the latest requests.
    """

    def __init__(
        self, deps: GatewayDeps, options: GatewayOptions, window: Window
    ) -> None:
        self._deps = deps
        self._options = options
        self._window = window
        self._latest: Recent[str, Health] = Recent(1)
        self._closing = False

    def mount(self, front: Front) -> None:
        """Mount the routes."""
        live = Operation(summary="Is it alive?", answers={200: Alive}, public=True)
        front.add("GET", "/health/live", self.live, live)
        ready = Operation(
            summary="May it get traffic?",
            answers={200: Alive},
            errors=[503],
            public=True,
        )
        front.add("GET", "/health/ready", self.ready, ready)
        health = Operation(summary="How is it?", answers={200: Health}, public=True)
        front.add("GET", "/health", self.health, health)
        metrics = Operation(
            summary="Prometheus metrics", answers={200: "text/plain"}, public=True
        )
        front.add("GET", "/metrics", self.metrics, metrics)

    def close(self) -> None:
        """Be unready from now on."""
        self._closing = True

    async def live(self, _: Request) -> Response:
        """Answer as long as the process can."""
        return answered(Alive("live"))

    async def ready(self, _: Request) -> Response:
        """Answer 503 before the start is done and while the process drains."""
        if self._closing or not self._deps.ready():
            why = "It starts, or drains."
            raise Problem(503, "not-ready", why, headers={"retry-after": "1"})
        return answered(Alive("ready"))

    async def health(self, _: Request) -> Response:
        """Tell what background checks found; nothing is looked at for the asker."""
        now_s = self._deps.clock.monotonic_s()
        health = self._latest.get("health", now_s)
        if health is None:
            rate, p99_ms = self._window.figures()
            health = health_of(self._deps.signs, rate, p99_ms, self._options)
            self._latest.put("health", health, now_s + REMEMBER_S)
        return answered(health)

    async def metrics(self, _: Request) -> Response:
        """Answer with Prometheus text."""
        page = await self._deps.render_metrics()
        return Response(page, headers={"content-type": METRICS_TYPE})
