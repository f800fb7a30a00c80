"""What a process looks at in the background."""

from types import SimpleNamespace
from typing import Any

import pytest
from typing_extensions import override

from mainstay.assembly.breakers import Guards, guards_of
from mainstay.assembly.signs import signs_of
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.caches.shared_breakers import SharedBreakers
from mainstay.domain.errors import StoreUnavailable
from mainstay.models.sdk import preload
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.circuits import Opening
from mainstay.ports.findings import Finding, Found
from mainstay.ports.health import CheckState
from mainstay.resilience.breaker import Breaker
from mainstay.settings import Settings, load
from mainstay.system.chance import SystemRandom
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock

MODEL, TOOL = "claude-sonnet-5-5", "refund"
NAME = f"anthropic/main/{MODEL}"


class There:
    """Another side that answers."""

    async def reach(self) -> Finding:
        """Say so."""
        return Finding(ok=True, detail="answers")


class Store:
    """Findings and hours of a store that is away."""

    async def latest(self, name: str) -> Found | None:
        """Fail."""
        why = ConnectionRefusedError("('10.1.2.3', 5432)")
        raise StoreUnavailable(f"the database cannot be used now: {why}") from why

    async def sums(self, since_ms: int, until_ms: int, limit: int) -> None:
        """Fail."""
        raise StoreUnavailable("the database cannot be used now")

    async def newest(self) -> None:
        """Fail."""
        raise StoreUnavailable("the database cannot be used now")


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Load the SDK, whose import may take longer than a look may."""
    preload()


def guards(circuits: MemoryCircuits | None = None) -> Guards:
    """Return a process's breakers."""
    return guards_of(load({}), [TOOL], Monitoring(), circuits)


async def found(
    one: Guards | None = None, settings: Settings | None = None, **what: Any
) -> dict[str, CheckState]:
    """Return what a process finds at its first look; its store is away."""
    store = SimpleNamespace(findings=Store(), hours=Store())
    given = {
        "settings": settings or load({}),
        "storage": SimpleNamespace(store=store, clock=ManualClock(), owner="one"),
        "guards": one or guards(),
        "monitoring": Monitoring("CRITICAL"),
        **dict.fromkeys(("queue", "tools", "sharing")),
    }
    frame: Any = SimpleNamespace(**(given | what))
    signs = signs_of(frame, There(), lambda: 0)
    await signs.start()
    try:
        while any(one.last_run_ms is None for one in signs.checks()):
            await ManualClock().sleep(0)
        return {state.name: state for state in signs.checks()}
    finally:
        await signs.stop()


async def test_what_every_process_looks_at() -> None:
    """Claude by its API and by its breakers, the database, and the turns."""
    states = await found()
    assert set(states) == {
        *("database", "claude_api", "claude_models", "turns", "anomalies"),
    }
    critical = {name for name, one in states.items() if one.critical}
    assert critical == {"database", "claude_api", "claude_models"}
    assert states["database"].failures == 1
    assert states["database"].detail == "cannot be used now: ConnectionRefusedError"
    assert states["claude_api"].detail == "answers"


class Full(Store):
    """A store on a full disk."""

    @override
    async def latest(self, name: str) -> None:
        """Read nothing."""

    async def tell(self, name: str, owner: str, finding: Finding) -> None:
        """Fail."""
        why = OSError(28, "No space left on device")
        raise StoreUnavailable(f"the store cannot write now: {why}") from why


async def test_a_store_that_can_only_be_read_is_not_well() -> None:
    """A full disk is read, and takes no message."""
    full = SimpleNamespace(findings=Full(), hours=Store())
    storage = SimpleNamespace(store=full, clock=ManualClock(), owner="one")
    state = (await found(storage=storage))["database"]
    assert state.failures == 1
    assert state.detail == "cannot be used now: OSError"


async def test_what_is_there_is_looked_at() -> None:
    """A broker, a shared cache, a tool service."""
    sharing = SimpleNamespace(cache=SimpleNamespace(is_up=False))
    apart = load(
        {"TOOLS_URL": "http://tools:9000/mcp", "MAINSTAY_TOOLS_SECRET": "s" * 32}
    )
    there = {"queue": There(), "tools": There()}
    states = await found(settings=apart, sharing=sharing, **there)
    assert [states[name].ok for name in ("queue", "tools", "cache")] == [
        *(True, True, False),
    ]
    assert not any(states[name].critical for name in ("queue", "tools", "cache"))


async def test_an_open_model_is_told_at_once() -> None:
    """With its name: its breaker has counted failures already."""
    one = guards()
    assert (await found(one))["claude_models"].ok
    one.models["anthropic"][MODEL].trip(10)
    state = (await found(one))["claude_models"]
    assert (state.ok, state.detail) == (False, f"paused: {NAME}")


async def test_an_open_time_that_is_over_says_nothing_against_a_model() -> None:
    """Its next call is let through, and while nobody writes there is none."""
    clock = ManualClock()
    ids, monitoring = SystemIds(clock.now_ms), Monitoring()
    shared = SharedBreakers(MemoryCircuits(clock), ids, monitoring)
    breaker = Breaker(clock, SystemRandom(), on_change=lambda _: None)
    shared.share(NAME, breaker).trip(1.0)
    one = Guards(shared, {}, {}, frozenset({NAME}))
    assert not (await found(one))["claude_models"].ok
    clock.advance(1.0)
    assert breaker.state == "open"
    assert (await found(one))["claude_models"].ok


async def test_where_the_api_cannot_be_asked_the_breakers_tell() -> None:
    """A cloud lists no models for nothing."""
    cloud = load({"CLAUDE_PROVIDERS": "bedrock", "BEDROCK_REGION": "eu-west-1"})
    one = guards_of(cloud, [TOOL], Monitoring(), None)
    one.models["bedrock"][MODEL].trip(10)
    states = await found(one, cloud)
    assert "claude_models" not in states
    assert not states["claude_api"].ok


async def test_a_tool_that_is_down_is_not_claude() -> None:
    """Also where one model is both primary and fallback."""
    one = guards()
    one.tools[TOOL].trip(10)
    assert (await found(one))["claude_models"].ok


async def test_a_gateway_tells_what_workers_found() -> None:
    """It calls no model itself."""
    circuits = MemoryCircuits(ManualClock())
    one = guards(circuits)
    assert (await found(one))["claude_models"].ok
    opening = Opening(for_s=30, ramps=True, reopened=0)
    await circuits.open(NAME, 0, opening)
    assert not (await found(one))["claude_models"].ok
