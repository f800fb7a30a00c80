"""The shadow bucket of the checklist stays empty between two requests."""

import pytest

from mainstay.assembly.checklist.shared import SHADOW_BURST, SHADOW_RATE
from mainstay.caches.memory import MemoryCache
from mainstay.checklist.limiter import RateLimiterConfigured
from mainstay.ports.limiter import Decision
from mainstay.system.ids import SystemIds
from mainstay.testing.clock import ManualClock


class Slow:
    """A gateway's limit in a cache that is so many milliseconds away."""

    def __init__(self, cache: MemoryCache, clock: ManualClock, away_ms: int) -> None:
        self._cache = cache
        self._clock = clock
        self._away_s = away_ms / 1000

    async def take(self, key: str) -> Decision:
        """Take one, a moment later."""
        self._clock.advance(self._away_s)
        return await self._cache.take(key, SHADOW_RATE, SHADOW_BURST)


async def up() -> bool:
    """Tell that it is up."""
    return True


async def test_the_second_gateway_refuses_however_far_the_cache_is() -> None:
    """A token that comes between the two requests would be taken for a fault."""
    for away_ms in range(1, 101):
        clock = ManualClock()
        cache = MemoryCache(clock, max_keys=9)
        sides = [Slow(cache, clock, away_ms), Slow(cache, clock, away_ms)]
        check = RateLimiterConfigured(sides, SHADOW_BURST, 100, True, up, SystemIds())
        assert (await check.look()).verdict == "PASS", away_ms


class Late:
    """A gateway's limit whose first answers came from its own bucket."""

    def __init__(self, shared: Slow, times: int) -> None:
        self._shared = shared
        self._times = times

    async def take(self, key: str) -> Decision:
        """Let the first so many pass, and ask then."""
        self._times -= 1
        if self._times >= 0:
            return Decision(True, 0, 1, 0.0, 0.0)
        return await self._shared.take(key)


@pytest.mark.parametrize(("times", "verdict"), [(1, "PASS"), (9, "FAIL")])
async def test_a_late_answer_is_no_gateway_without_the_limit(
    times: int, verdict: str
) -> None:
    """One that lets pass again and again is."""
    clock = ManualClock()
    one = Slow(MemoryCache(clock, max_keys=9), clock, 0)
    sides = [one, Late(one, times)]
    check = RateLimiterConfigured(sides, SHADOW_BURST, 100, True, up, SystemIds())
    assert (await check.look()).verdict == verdict
