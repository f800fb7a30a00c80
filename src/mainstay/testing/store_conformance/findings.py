"""What one process found out for all; run it on your store."""

import asyncio

import pytest

from mainstay.ports.findings import Finding, Found
from mainstay.testing.store_conformance.ports import StorePorts

GOOD, BAD = Finding(ok=True), Finding(ok=False, detail="HTTP 529")
APART_S = 10


async def kept(ports: StorePorts, name: str = "claude_api") -> Found:
    """Return a finding that must be there."""
    found = await ports.findings.latest(name)
    assert found is not None
    return found


async def failures_after(ports: StorePorts, *findings: Finding) -> int:
    """Tell findings, each 10 s after the one before; return the failures in a row."""
    for finding in findings:
        ports.clock.advance(APART_S)
        await ports.findings.tell("claude_api", "one", finding)
    return (await kept(ports)).failures


class FindingsConformance:
    """The contract of ``ports.Findings``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_at_first_nothing_is_found(self, ports: StorePorts) -> None:
        """There is no finding of a name that nobody told."""
        await ports.findings.tell("tools", "one", GOOD)
        assert await ports.findings.latest("claude_api") is None

    async def test_the_newest_is_kept_whole(self, ports: StorePorts) -> None:
        """With who found it, how long ago, and its figures as they were."""
        figures = {"turns": 3, "p99_ms": 12.5, "hours": [{"name": "é", "n": None}]}
        await ports.findings.tell("turns", "one", BAD)
        ports.clock.advance(APART_S)
        await ports.findings.tell("turns", "two", Finding(True, "fine", figures))
        ports.clock.advance(2.5)
        found = await kept(ports, "turns")
        assert found == Found(Finding(True, "fine", figures), "two", 0, 2500)

    async def test_failures_are_counted_in_a_row(self, ports: StorePorts) -> None:
        """Whoever finds them; one success ends the row."""
        assert await failures_after(ports, BAD) == 1
        assert await failures_after(ports, BAD, BAD) == 3
        ports.clock.advance(APART_S)
        await ports.findings.tell("claude_api", "two", BAD)
        assert (await kept(ports)).failures == 4
        assert await failures_after(ports, GOOD) == 0
        assert await failures_after(ports, BAD) == 1

    async def test_failures_at_once_are_one(self, ports: StorePorts) -> None:
        """Several processes that looked at the same moment saw the same thing."""
        for before in (0, 1):
            ports.clock.advance(APART_S)
            told = [ports.findings.tell("claude_api", f"p{n}", BAD) for n in range(8)]
            await asyncio.gather(*told)
            assert (await kept(ports)).failures == before + 1
