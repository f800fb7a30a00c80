"""What a process's health is made of."""

from types import SimpleNamespace
from typing import Any, cast

from mainstay.assembly import door
from mainstay.assembly.breakers import Guards, guards_of
from mainstay.caches.memory_circuits import MemoryCircuits
from mainstay.gateway.deps import Check
from mainstay.monitoring.telemetry import Monitoring
from mainstay.ports.circuits import Opening
from mainstay.settings import load
from mainstay.testing.clock import ManualClock

MODEL, TOOL = "claude-sonnet-5-5", "refund"
NAME = f"anthropic/main/{MODEL}"


def guards(circuits: MemoryCircuits | None = None) -> Guards:
    """Return a process's breakers."""
    return guards_of(load({}), [TOOL], Monitoring(), circuits)


async def claude(one: Guards) -> Check:
    """Return what a process says of Claude."""
    process = SimpleNamespace(guards=one, sharing=None)
    probes = door._probes(cast("Any", process))  # noqa: SLF001 - no server for it
    return await probes["claude_api"]()


async def test_an_open_model_is_told() -> None:
    """With its name."""
    one = guards()
    assert await claude(one) == Check(ok=True)
    one.models["anthropic"][MODEL].trip(10)
    assert await claude(one) == Check(ok=False, detail=f"paused: {NAME}")


async def test_a_tool_that_is_down_is_not_claude() -> None:
    """Also where one model is both primary and fallback."""
    one = guards()
    one.tools[TOOL].trip(10)
    assert (await claude(one)).ok


async def test_a_gateway_tells_what_workers_found() -> None:
    """It calls no model itself."""
    circuits = MemoryCircuits(ManualClock())
    one = guards(circuits)
    assert (await claude(one)).ok
    opening = Opening(for_s=30, ramps=True, reopened=0)
    await circuits.open(NAME, 0, opening)
    assert not (await claude(one)).ok
