"""What a process's health is made of."""

from types import SimpleNamespace
from typing import Any, cast

from mainstay.assembly import door
from mainstay.caches.memory import MemoryCache
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.gateway.deps import Check
from mainstay.monitoring.telemetry import Monitoring
from mainstay.resilience.breaker import Breaker
from mainstay.testing.chance import SeededRandom
from mainstay.testing.clock import ManualClock

MODEL, TOOL = "sonnet", "refund"


def breaker(*, is_open: bool = False) -> Breaker:
    """Return a breaker."""
    one = Breaker(ManualClock(), SeededRandom(), on_change=lambda _: None)
    if is_open:
        one.trip(10)
    return one


async def claude(model: Breaker, tool: Breaker, sharing: Any = None) -> Check:
    """Return what a process says of Claude."""
    runner = SimpleNamespace(model_breakers={MODEL: model}, tool_breakers={TOOL: tool})
    process = SimpleNamespace(runner=runner, sharing=sharing)
    probes = door._probes(cast("Any", process))  # noqa: SLF001 - no server for it
    return await probes["claude_api"]()


async def test_an_open_model_is_told() -> None:
    """With its name."""
    assert await claude(breaker(), breaker()) == Check(ok=True)
    paused = await claude(breaker(is_open=True), breaker())
    assert paused == Check(ok=False, detail=f"paused: {MODEL}")


async def test_a_tool_that_is_down_is_not_claude() -> None:
    """Also where one model is both primary and fallback."""
    assert (await claude(breaker(), breaker(is_open=True))).ok


async def test_a_gateway_tells_what_workers_found() -> None:
    """It calls no model itself."""
    cache = MemoryCache(ManualClock())
    shared = SharedBreakers(cache, Monitoring())
    model = breaker()
    shared.watch({MODEL: model}, {})
    sharing = SimpleNamespace(breakers=shared, cache=cache)
    assert (await claude(model, breaker(), sharing)).ok
    await cache.announce(f"model:{MODEL}", 30)
    assert not (await claude(model, breaker(), sharing)).ok
