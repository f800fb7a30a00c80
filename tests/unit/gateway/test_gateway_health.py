import asyncio

from gateway_world import ADMIN, World

from mainstay.domain.errors import StoreUnavailable
from mainstay.gateway.deps import Check, GatewayOptions


async def good() -> Check:
    """Find nothing wrong."""
    return Check(ok=True, detail="fine")


async def test_healthy(world: World):
    """Health gathers probes, queue, errors and latency."""
    probes = {"claude_api": good, "database": good}
    async with world.api(None, probes=probes) as api:
        body = (await api.get("/health")).json()
    assert {k: v for k, v in body.items() if k != "checks"} == {
        "api_up": True,
        "claude_api_up": True,
        "database_up": True,
        "queue_depth": 3,
        "error_rate_percent": 0.0,
        "p99_latency_ms": 0.0,
        "overall_healthy": True,
    }
    assert set(body["checks"]) == {"claude_api", "database", "queue", "error_rate"}


async def test_failing_and_missing_probes(world: World):
    """A probe that raises, and one that nobody gave, are not healthy."""

    async def bad() -> Check:
        raise StoreUnavailable("secret path")

    async with world.api(None, probes={"database": bad}) as api:
        answer = await api.get("/health")
    body = answer.json()
    assert (body["database_up"], body["claude_api_up"]) == (False, False)
    assert not body["overall_healthy"]
    assert "secret" not in answer.text


async def test_broken_queue_is_not_critical(world: World):
    """Without the queue workers poll the store: the service stays healthy."""
    world.queue.broken = True
    probes = {"claude_api": good, "database": good}
    async with world.api(None, probes=probes) as api:
        body = (await api.get("/health")).json()
    assert body["overall_healthy"]
    assert not body["checks"]["queue"]["ok"]


async def test_error_rate(world: World):
    """Failed requests show in the rate, and too many of them as unhealthy."""
    probes = {"claude_api": good, "database": good}
    async with world.api(probes=probes) as api:
        for n in range(30):
            world.store.down = n < 3
            await api.get("/v1/conversations/conv_1")
        body = (await api.get("/health")).json()
        world.clock.passed_s += 301
        later = (await api.get("/health")).json()
    assert body["error_rate_percent"] == 10.0
    assert not body["overall_healthy"]
    assert later["error_rate_percent"] == 0.0


async def test_probes_run_once_a_second(world: World):
    """Many askers cost one run of the probes."""
    runs = 0

    async def count() -> Check:
        nonlocal runs
        runs += 1
        return Check(ok=True)

    async with world.api(None, probes={"database": count}) as api:
        await asyncio.gather(*(api.get("/health") for _ in range(20)))
        assert runs == 1
        world.clock.passed_s += 1.0
        await api.get("/health")
    assert runs == 2


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
