"""What watchers ask the tool service; none of it needs a grant."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Health:
    """Liveness, readiness, health and metrics.

    Args:
        render_metrics: returns Prometheus text.
        running: tells how many calls run.
    """

    def __init__(
        self, render_metrics: Callable[[], bytes], running: Callable[[], int]
    ) -> None:
        self._render_metrics = render_metrics
        self._running = running
        self._ready = False

    def set_ready(self, ready: bool) -> None:
        """Say whether calls may be sent here."""
        self._ready = ready

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/health", self._health),
            Route("/health/live", self._live),
            Route("/health/ready", self._is_ready),
            Route("/metrics", self._metrics),
        ]

    async def _health(self, _: Request) -> Response:
        told = {"api_up": True, "overall_healthy": self._ready}
        return JSONResponse(told | {"calls_running": self._running()})

    async def _live(self, _: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def _is_ready(self, _: Request) -> Response:
        if self._ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse(
            {"status": "not ready"}, status_code=503, headers={"retry-after": "1"}
        )

    async def _metrics(self, _: Request) -> Response:
        return Response(self._render_metrics(), headers={"content-type": METRICS_TYPE})
