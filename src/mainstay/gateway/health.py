"""Liveness, readiness, health and metrics; none needs credentials."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mainstay.gateway.deps import Check, GatewayDeps, GatewayOptions, Probe
from mainstay.gateway.front import Front, answered
from mainstay.gateway.problems import Problem
from mainstay.gateway.recent import Recent
from mainstay.gateway.spec import Operation
from mainstay.gateway.window import Window
from mainstay.ports.queue import Queue

EXPECTED = ("claude_api", "database")
"""The probes that the service's health is about."""

PROBE_TIMEOUT_S = 2.0

REMEMBER_S = 1.0
"""Health is asked for by anyone: probes run once a second at most."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class CheckView(msgspec.Struct, frozen=True):
    """What one probe found."""

    ok: bool
    detail: str
    critical: bool


class Health(msgspec.Struct, frozen=True):
    """How the service is."""

    api_up: bool
    claude_api_up: bool
    database_up: bool
    queue_depth: int
    error_rate_percent: float
    p99_latency_ms: float
    overall_healthy: bool
    checks: Mapping[str, CheckView]


class HealthRoutes:
    """The routes that watchers ask.

    Args:
        deps: probes, queue and metrics.
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
        self._looking = asyncio.Lock()
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
        """Run the probes, or tell what they found within the last second."""
        async with self._looking:
            now_s = self._deps.clock.monotonic_s()
            health = self._latest.get("health", now_s)
            if health is None:
                health = await self._look()
                self._latest.put("health", health, now_s + REMEMBER_S)
        return answered(health)

    async def metrics(self, _: Request) -> Response:
        """Answer with Prometheus text."""
        page = await self._deps.render_metrics()
        return Response(page, headers={"content-type": METRICS_TYPE})

    async def _look(self) -> Health:
        names = [*self._deps.probes, "queue"]
        depth = _Depth(self._deps.queue)
        probes = [*self._deps.probes.values(), depth.count]
        found = await asyncio.gather(*map(_run, probes))
        # What nobody looks at is not known to work.
        checks = dict.fromkeys(EXPECTED, Check(ok=False, detail="no probe"))
        checks |= dict(zip(names, found, strict=True))
        # The store is the truth: without the queue, workers poll it.
        checks["queue"] = replace(checks["queue"], critical=False)
        rate, p99_ms = self._window.figures()
        limit = self._options.error_rate_limit_percent
        detail = f"{rate} % of {limit} %"
        checks["error_rate"] = Check(rate <= limit, detail)
        return Health(
            api_up=True,
            claude_api_up=checks["claude_api"].ok,
            database_up=checks["database"].ok,
            queue_depth=depth.ready,
            error_rate_percent=rate,
            p99_latency_ms=p99_ms,
            overall_healthy=all(c.ok for c in checks.values() if c.critical),
            checks={
                n: CheckView(c.ok, c.detail, c.critical) for n, c in checks.items()
            },
        )


class _Depth:
    """The probe of the queue, which also tells how much is ready."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self.ready = 0

    async def count(self) -> Check:
        """Count."""
        stats = await self._queue.stats()
        self.ready = stats.ready
        return Check(ok=True, detail=f"oldest {stats.oldest_age_s:.1f} s")


async def _run(probe: Probe) -> Check:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            return await probe()
    except TimeoutError:
        return Check(ok=False, detail=f"no answer in {PROBE_TIMEOUT_S:g} s")
    except Exception as error:  # noqa: BLE001 - a probe that fails is a finding
        return Check(ok=False, detail=type(error).__name__)
