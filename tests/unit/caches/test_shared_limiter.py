"""One limit for all gateways, and a share for each while the cache is away."""

from tests.unit.caches.fickle import Bypasses, FickleCache

from mainstay.caches.shared_limiter import SharedLimiter
from mainstay.testing.clock import ManualClock

RATE = 60


class Gateways:
    """Some gateways with one cache."""

    def __init__(self, count: int) -> None:
        self.clock = ManualClock()
        self.cache = FickleCache(self.clock)
        self.bypasses = Bypasses()
        self.alive = count
        self.limiters = [
            SharedLimiter(
                self.cache,
                RATE,
                RATE,
                clock=self.clock,
                gateways=lambda: self.alive,
                telemetry=self.bypasses,
            )
            for _ in range(count)
        ]

    async def rush(self, requests: int = 100) -> int:
        """Let one customer ask everywhere; return how many requests pass."""
        found = [
            await one.take("ada") for one in self.limiters for _ in range(requests)
        ]
        return sum(decision.allowed for decision in found)


async def test_all_gateways_take_out_of_one_bucket():
    """Three of them let through what one would, and nothing is done without it."""
    gateways = Gateways(3)
    assert await gateways.rush() == RATE
    gateways.clock.advance(30)
    assert await gateways.rush() == RATE // 2
    assert gateways.bypasses.uses == []


async def test_without_the_cache_each_has_its_share():
    """Together they still let through the rate, and say that it is counted here."""
    gateways = Gateways(3)
    gateways.cache.away = True
    assert await gateways.rush() == RATE
    gateways.clock.advance(30)
    assert await gateways.rush() == RATE // 2
    assert gateways.bypasses.uses == ["limit"] * 600


async def test_a_gateway_more_makes_the_shares_smaller():
    """The rate is divided by those who live now."""
    gateways = Gateways(1)
    gateways.cache.away = True
    gateways.alive = 4
    assert await gateways.rush() == RATE // 4
    gateways.alive = 1000
    assert await gateways.rush() == 1


async def test_when_it_is_back_it_counts_again():
    """A customer wins one burst at most by its loss."""
    gateways = Gateways(2)
    assert await gateways.rush() == RATE
    gateways.cache.away = True
    assert await gateways.rush() == RATE
    gateways.cache.away = False
    assert await gateways.rush() == 0
