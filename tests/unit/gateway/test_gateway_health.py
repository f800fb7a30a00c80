import asyncio
from dataclasses import replace
from typing import Any

import pytest
from gateway_world import ADMIN, World

from mainstay.gateway.deps import GatewayOptions
from mainstay.monitoring.health.check import Check
from mainstay.monitoring.health.signs import Signs
from mainstay.ports.findings import Finding, Found
from mainstay.ports.health import CheckState, RecentTurns
from mainstay.testing.clock import ManualClock
from mainstay.testing.given_signs import WELL, GivenSigns

SEVEN = (
    *("api_up", "claude_api_up", "database_up", "queue_depth"),
    *("error_rate_percent", "p99_latency_ms", "overall_healthy"),
)
CLAUDE, DATABASE = WELL


async def test_healthy(world: World):
    """The seven figures, each check, and what each figure is of."""
    signs = GivenSigns(turns=RecentTurns(120, 0.83, 2150.0), ready=3)
    async with world.api(None, signs=signs) as api:
        body = (await api.get("/health")).json()
    assert {name: body.pop(name) for name in SEVEN} == {
        "api_up": True,
        "claude_api_up": True,
        "database_up": True,
        "queue_depth": 3,
        "error_rate_percent": 0.83,
        "p99_latency_ms": 2150.0,
        "overall_healthy": True,
    }
    assert set(body.pop("checks")) == {
        *("claude_api", "database", "error_rate", "queue_depth"),
    }
    assert body.pop("scopes") == {
        "queue_depth": "deployment",
        "error_rate_percent": "deployment",
        "p99_latency_ms": "deployment",
    }
    assert body == {}


async def test_a_check_tells_how_it_stands(world: World):
    """Verdict, reason, failures in a row, when it was made."""
    failing = replace(CLAUDE, ok=False, detail="HTTP 529", failures=2, last_run_ms=500)
    async with world.api(None, signs=GivenSigns([failing, DATABASE])) as api:
        body = (await api.get("/health")).json()
    assert body["checks"]["claude_api"] == {
        "ok": False,
        "detail": "HTTP 529",
        "critical": True,
        "consecutive_failures": 2,
        "last_run_at": "1970-01-01T00:00:00.500Z",
        "stale": False,
    }
    assert (body["claude_api_up"], body["overall_healthy"]) == (False, False)


async def test_what_nobody_looks_at_is_not_known_to_work(world: World):
    """A process without checks is not healthy, and says why."""
    for signs in (None, GivenSigns([])):
        async with world.api(None, signs=signs) as api:
            body = (await api.get("/health")).json()
        assert (body["database_up"], body["claude_api_up"]) == (False, False)
        assert not body["overall_healthy"]
        assert body["checks"]["database"]["detail"] == "nobody looks"


async def test_a_paused_model_is_claude_down(world: World):
    """The API may answer whatever it likes: no call gets through."""
    paused = CheckState("claude_models", ok=False, detail="paused: sonnet")
    async with world.api(None, signs=GivenSigns([*WELL, paused])) as api:
        body = (await api.get("/health")).json()
    assert (body["claude_api_up"], body["overall_healthy"]) == (False, False)


async def test_what_can_be_lived_without_is_not_critical(world: World):
    """Without broker, cache or tool service the service stays healthy."""
    away = [CheckState(n, ok=False, critical=False) for n in ("queue", "cache")]
    async with world.api(None, signs=GivenSigns([*WELL, *away])) as api:
        body = (await api.get("/health")).json()
    assert body["overall_healthy"]
    assert not body["checks"]["queue"]["ok"]


@pytest.mark.parametrize(("depth", "healthy"), [(9_999, True), (10_000, False)])
async def test_ten_thousand_that_wait_are_too_many(
    world: World, depth: int, healthy: bool
):
    """From then on the service is unhealthy, whatever else works."""
    async with world.api(None, signs=GivenSigns(ready=depth)) as api:
        body = (await api.get("/health")).json()
    assert (body["queue_depth"], body["overall_healthy"]) == (depth, healthy)
    assert body["checks"]["queue_depth"]["ok"] is healthy


async def test_requests_that_fail_count_as_errors(world: World):
    """Those of this process, where its share is the worse one; for 5 minutes."""
    signs = GivenSigns(turns=RecentTurns(100, 1.0, 900.0))
    async with world.api(signs=signs) as api:
        for n in range(30):
            world.store.down = n < 3
            await api.get("/v1/conversations/conv_1")
        body = (await api.get("/health")).json()
        world.clock.passed_s += 301
        later = (await api.get("/health")).json()
    assert body["error_rate_percent"] == 10.0
    assert body["scopes"]["error_rate_percent"] == "process"
    assert not body["overall_healthy"]
    assert later["error_rate_percent"] == 1.0
    assert later["scopes"]["error_rate_percent"] == "deployment"


async def test_turns_that_nobody_answers_count_as_errors(world: World):
    """Though every request was answered with 2xx."""
    signs = GivenSigns(turns=RecentTurns(100, 5.1, 28_010.0))
    async with world.api(None, signs=signs) as api:
        body = (await api.get("/health")).json()
    assert (body["error_rate_percent"], body["p99_latency_ms"]) == (5.1, 28_010.0)
    assert not body["overall_healthy"]


async def test_where_the_store_cannot_tell_the_process_does(world: World):
    """Its own requests, and it says so."""
    async with world.api(signs=GivenSigns()) as api:
        await api.get("/v1/conversations/conv_1")
        body = (await api.get("/health")).json()
    assert body["scopes"]["p99_latency_ms"] == "process"
    assert body["scopes"]["error_rate_percent"] == "process"


async def test_it_is_put_together_once_a_second(world: World):
    """Many askers cost one."""

    class Counted(GivenSigns):
        reads = 0

        def depth(self) -> int:
            self.reads += 1
            return 0

    signs = Counted()
    async with world.api(None, signs=signs) as api:
        await asyncio.gather(*(api.get("/health") for _ in range(20)))
        assert signs.reads == 1
        world.clock.passed_s += 1.0
        await api.get("/health")
    assert signs.reads == 2


class Away:
    """Shared findings that never answer."""

    async def latest(self, name: str) -> Found | None:
        """Wait."""
        await asyncio.Event().wait()

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Wait."""
        await asyncio.Event().wait()


async def test_health_waits_for_nothing(world: World):
    """Each look hangs, and it answers; what was not looked at grows old."""
    clock, looks = ManualClock(), 0

    async def look() -> Finding:
        nonlocal looks
        looks += 1
        await asyncio.Event().wait()
        raise AssertionError

    names = [("database", False), ("claude_api", True)]
    given: dict[str, Any] = {
        "look": look,
        "every_s": 30,
        "timeout_s": 20,
        "critical": True,
    }
    checks = [Check(name=name, shared=shared, **given) for name, shared in names]
    signs = Signs(checks, Away(), "one", lambda: 0, clock, world.telemetry)
    await signs.start()
    async with world.api(None, signs=signs) as api, asyncio.timeout(5):
        await clock.run_for(90)
        first = (await api.get("/health")).json()
        await clock.run_for(1)
        world.clock.passed_s += 1.0
        later = (await api.get("/health")).json()
    await signs.stop()
    assert looks == 1
    assert (first["database_up"], later["database_up"]) == (True, False)
    for name, _ in names:
        assert later["checks"][name]["stale"]
        assert later["checks"][name]["detail"] == "not looked at for 91 s"
    assert not later["overall_healthy"]


async def test_ready(world: World):
    """Readiness is 503 until the start is done and again once the process drains."""
    started = False
    app = world.app(ready=lambda: started)
    async with world.client(app) as api:
        starting = await api.get("/health/ready")
        started = True
        ready = await api.get("/health/ready")
        app.drain()
        draining = await api.get("/health/ready")
        live = await api.get("/health/live")
    found = [a.status_code for a in (starting, ready, draining, live)]
    assert found == [503, 200, 503, 200]


async def test_nothing_shared_makes_a_process_unready(world: World):
    """Or one database that is away would take every process out of the balancer."""
    down = [replace(one, ok=False, failures=9) for one in WELL]
    signs = GivenSigns(down, turns=RecentTurns(100, 100.0, 28_010.0), ready=20_000)
    async with world.api(None, signs=signs) as api:
        for path in ("/health/live", "/health/ready", "/health"):
            assert (await api.get(path)).status_code == 200


async def test_metrics(world: World):
    """Metrics are Prometheus text."""
    async with world.api(None) as api:
        answer = await api.get("/metrics")
    assert answer.text == "# HELP up It is.\n"
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_a_worker_lets_nobody_write(world: World):
    """A process without customers serves health, metrics and administration only."""
    async with world.api(ADMIN, options=GatewayOptions(public=False)) as api:
        for path in ("/health/live", "/health", "/metrics", "/v1/admin/queue"):
            assert (await api.get(path)).status_code == 200
        opened = await api.post("/v1/conversations", json={"customer_id": "ada"})
        listed = (await api.get("/openapi.json")).json()["paths"]
    assert opened.status_code == 404
    assert {path.split("/")[2] for path in listed if path.startswith("/v1/")} == {
        "admin"
    }
